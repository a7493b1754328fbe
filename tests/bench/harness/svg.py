"""Line plots as SVG, for a page that is read without scripts. Pure. Colours are the page's: classes c0, c1, ..."""

import math
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 560, 240
LEFT, RIGHT, TOP, BOTTOM = 52, 130, 26, 34
COLOURS = 9


def nice_step(span, count=5):
    """1, 2 or 5 times a power of ten, so that about `count` steps make up the span."""
    if span <= 0:
        return 1.0
    rough = span / count
    power = 10 ** math.floor(math.log10(rough))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough)


def ticks(highest, count=5):
    """From 0 to the first beyond the highest."""
    step = nice_step(highest, count)
    return [step * i for i in range(math.ceil(highest / step - 1e-9) + 1)] if highest > 0 else [0.0, 1.0]


def log_ticks(lowest, highest):
    """Powers of ten around both."""
    first = math.floor(math.log10(max(lowest, 1e-3)))
    last = max(first + 1, math.ceil(math.log10(max(highest, 1e-3)) - 1e-9))
    return [10.0 ** power for power in range(first, last + 1)]


def label(value):
    return f"{value:g}" if value < 10_000 else f"{value / 1000:g}k"


class Scale:
    """Numbers to pixels."""

    def __init__(self, low, high, first, last, log=False):
        self.log, self.first, self.last = log, first, last
        self.low, self.high = (math.log10(low), math.log10(high)) if log else (low, high)

    def __call__(self, value):
        if self.log:
            value = math.log10(max(value, 10 ** self.low))
        share = (value - self.low) / (self.high - self.low) if self.high > self.low else 0.0
        return round(self.first + share * (self.last - self.first), 1)


def _grid(x, y, x_ticks, y_ticks, x_name):
    right, bottom = WIDTH - RIGHT, HEIGHT - BOTTOM
    parts = [f'<line class="grid" x1="{LEFT}" x2="{right}" y1="{y(tick)}" y2="{y(tick)}"/>'
             f'<text class="tick" x="{LEFT - 6}" y="{y(tick) + 4}" text-anchor="end">{label(tick)}</text>' for tick in y_ticks]
    parts += [f'<text class="tick" x="{x(tick)}" y="{bottom + 15}" text-anchor="middle">{label(tick)}</text>' for tick in x_ticks]
    parts.append(f'<text class="tick" x="{right}" y="{bottom + 29}" text-anchor="end">{escape(x_name)}</text>')
    return parts


def _line(points, x, y, colour):
    places = " ".join(f"{x(at)},{y(value)}" for at, value in points)
    return f'<polyline class="line c{colour}" points="{places}"/>'


def plot(title, series, x_name="s", log=False):
    """series: {name: [(x, y), ...]}, all y at least 0. With log, zeros lie on the floor."""
    series = {name: points for name, points in series.items() if points}
    xs = [at for points in series.values() for at, _ in points]
    ys = [value for points in series.values() for _, value in points]
    above = [value for value in ys if value > 0]
    y_ticks = log_ticks(min(above), max(above)) if log and above else ticks(max(ys, default=0))
    x_ticks = [tick for tick in ticks(max(xs, default=0), 6) if tick <= max(xs, default=1)]
    x = Scale(0, max(xs, default=1) or 1, LEFT, WIDTH - RIGHT)
    y = Scale(y_ticks[0], y_ticks[-1], HEIGHT - BOTTOM, TOP, log=bool(log and above))
    parts = [f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img"><title>{escape(title)}</title>',
             f'<text class="title" x="{LEFT}" y="15">{escape(title)}</text>', *_grid(x, y, x_ticks, y_ticks, x_name)]
    for number, (name, points) in enumerate(series.items()):
        colour, top = number % COLOURS, TOP + 8 + 17 * number
        parts.append(_line(points, x, y, colour))
        parts.append(f'<line class="line c{colour}" x1="{WIDTH - RIGHT + 12}" x2="{WIDTH - RIGHT + 30}" y1="{top}" y2="{top}"/>'
                     f'<text class="name" x="{WIDTH - RIGHT + 35}" y="{top + 4}">{escape(name)}</text>')
    return "".join(parts) + "</svg>"

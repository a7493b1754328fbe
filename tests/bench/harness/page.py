"""A run as one page of HTML, which is well-formed XML too and needs nothing from elsewhere. Pure."""

from xml.sax.saxutils import escape

from . import model, report, svg

STYLE = """
:root { color-scheme: light dark; --ink: #1c1e21; --paper: #fdfdfc; --faint: #d9dadc; --soft: #5f6368; --bad: #b3261e; --good: #1b7a3d;
  --c0: #1f6feb; --c1: #d1580a; --c2: #1a8a4a; --c3: #a02c8f; --c4: #8a6d00; --c5: #b3261e; --c6: #0b7f8c; --c7: #6b5bd2; --c8: #6e6e6e; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e7e9; --paper: #17191c; --faint: #383b40; --soft: #a3a8ae; --bad: #ff8a80;
  --good: #6fd191; --c0: #6cb0ff; --c1: #ff9f5a; --c2: #5fd08a; --c3: #e58ad8; --c4: #e0c04a; --c5: #ff8a80; --c6: #4fd0dd;
  --c7: #b0a5ff; --c8: #b5b5b5; } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); margin: 2rem auto; max-width: 76rem; padding: 0 1rem; }
h1, h2, h3 { line-height: 1.2; } h2 { margin-top: 2.5rem; } h3 { margin: 1.5rem 0 .3rem; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; } .wide { overflow-x: auto; }
td, th { padding: .2rem .7rem; border-bottom: 1px solid var(--faint); text-align: right; font-weight: normal; }
th { color: var(--soft); } td.text, th.text { text-align: left; } .bad { color: var(--bad); } .good { color: var(--good); }
.soft { color: var(--soft); } code { font-size: 13px; } .banner { border: 2px solid var(--bad); padding: .5rem 1rem; }
.plots { display: flex; flex-wrap: wrap; gap: 1rem; } .plots svg { flex: 1 1 340px; max-width: 560px; }
svg text { fill: var(--ink); font: 11px system-ui, sans-serif; } svg text.title { font-size: 13px; } svg text.tick { fill: var(--soft); }
svg .grid { stroke: var(--faint); } svg .line { fill: none; stroke-width: 1.6; }
""" + "".join(f"svg .c{i} {{ stroke: var(--c{i}); }}\n" for i in range(svg.COLOURS))


def _table(head, rows, left=1):
    """The first so many columns are text; a cell that says NOT met or met has its colour."""
    colours = {"NOT met": ' class="bad"', "met": ' class="good"'}

    def cells(tag, row):
        return "".join(f'<{tag}{" class=" + chr(34) + "text" + chr(34) if i < left else colours.get(cell, "")}>{escape(cell)}</{tag}>'
                       for i, cell in enumerate(row))
    body = "".join(f"<tr>{cells('td', row)}</tr>" for row in rows)
    return f'<div class="wide"><table><thead><tr>{cells("th", head)}</tr></thead><tbody>{body}</tbody></table></div>'


def _model(found):
    limit = found["limit"]
    needs = [(part, ", ".join(f"{count} {unit}" for unit, count in units.items())) for part, units in model.PARTS.items()]
    terms = [(unit, str(term["count"]), report.number(term["us"]), report.number(term["sum_us"]))
             for unit, term in limit["terms"].items()]
    return ("<h2>The limit of this design</h2><p>What each part needs for one order, however many are in flight:</p>"
            + _table(("part", "needs"), needs, 2) + "<p>At the cost of each unit as measured in this run:</p>"
            + _table(("unit", "an order", "CPU us each", "CPU us"), terms) + f"<p><code>{escape(model.formula(limit))}</code></p>"
            f"<p>PARTS, every part unbatched and one after the other: {found['parts_per_s']:.0f} orders/s. "
            f"L, all waits of one order in a row: {found['serial_ms']:.2f} ms.</p>")


def _cpu_of_an_order(found):
    rows = [(name, label, *(report.number(value) for value in load["cpu_us_per_order"].values()))
            for name, result in found["scenarios"].items() for label, load in result["measurements"].items()]
    heads = next((list(load["cpu_us_per_order"]) for result in found["scenarios"].values()
                  for load in result["measurements"].values()), [])
    return "<h2>CPU of one order, microseconds</h2>" + _table(("", "", *heads), rows, 2) if rows else ""


def _plots(load):
    timeline = load["timeline"]

    def by_second(*names):
        return {name.removesuffix("_ms"): [(second + 0.5, value) for second, value in enumerate(timeline[name])] for name in names}
    used = load["cpu"]
    cpu = {name: list(zip(used["at"], percent)) for name, percent in used["percent"].items()}
    return ('<div class="plots">' + svg.plot("orders a second", by_second("offered", "accepted", "ended", "refused"))
            + svg.plot("ms to the last event, by its second", by_second("p50_ms", "p99_ms"), log=True)
            + svg.plot("CPU, % of one core", cpu) + "</div>")


def _scenarios(found):
    parts = []
    for name, result in found["scenarios"].items():
        parts.append(f'<h2 id="{escape(name)}">{escape(name)}</h2><p class="soft">{escape(result["what"])}</p>')
        if not result["valid"]:
            parts.append(f'<p class="bad">No number: {escape(result["why"])}</p>')
        if result.get("plots"):
            parts.append(f'<div class="plots">{"".join(svg.plot(**plot) for plot in result["plots"])}</div>')
        for label, load in result["measurements"].items():
            parts.append(f"<h3>{escape(label)}</h3>{_plots(load)}")
    return "".join(parts)


def page(found):
    durable = ", ".join(f"{name} {value}" for name, value in found["durability"].items())
    warning = f'<p class="banner bad">{escape(report.warning(found))}</p>' if report.unsteady(found) else ""
    figures = _table(("scenario", "", "value", "", "goal", ""), report.figure_rows(found), 2)
    loads = _table(("", "", "offered/s", "ended/s", "p50 ms", "p99 ms", "p99.9 ms", "event p99", "refused", "CPU us"), report.load_rows(found), 2)
    return f"""<!DOCTYPE html>
<html lang="en" xmlns="http://www.w3.org/1999/xhtml"><head><meta charset="utf-8"/><title>ordersaga: bench</title>
<meta name="viewport" content="width=device-width, initial-scale=1"/><style>{escape(STYLE)}</style></head><body>
<h1>ordersaga: bench</h1>
<p class="soft">{escape(found["began"])}, {found["cores"]} cores with everything on them, {found["seconds"]:g} s a measurement; {escape(durable)}; changed pages are written back after {found["writeback_s"]:g} s.</p>
{warning}{figures}
<h2>Loads</h2>{loads}
<h2>Yardsticks</h2>{_table(report.YARDSTICK_HEAD, report.yardstick_rows(found))}
{_model(found)}{_cpu_of_an_order(found)}{_scenarios(found)}
</body></html>
"""

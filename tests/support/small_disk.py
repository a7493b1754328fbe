"""A volume of podman's that is small, so that a test can fill it: a tmpfs of the host's, mounted where the volume's data is.
Made before the container that uses it first starts, it outlives every container, as a disk would."""

import pathlib
import subprocess

FULL = "filler"


class SmallDisk:
    def __init__(self, compose, volume, megabytes):
        self.folder = pathlib.Path(compose.make_volume(volume))
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", self.folder], check=True, timeout=30)

    def fill(self):
        """What is left of it is taken."""
        with open(self.folder / FULL, "wb", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(1 << 16))
            except OSError:
                return

    def make_room(self):
        (self.folder / FULL).unlink(missing_ok=True)

    def close(self):
        subprocess.run(["umount", "-l", self.folder], check=True, timeout=30)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

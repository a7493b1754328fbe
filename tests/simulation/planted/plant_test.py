#!/usr/bin/python3
"""plant.py plants what applies and refuses, by name, what does not."""

import pathlib
import subprocess
import sys
import tempfile
import unittest

PLANT = pathlib.Path(__file__).resolve().parent / "plant.py"
SOURCE = "int Sum(int a, int b) {\n  if (a > b) return a;\n  return a + b;\n}\n"
HEAD = "--- a/core/sum.cc\n+++ b/core/sum.cc\n@@ -7,2 +7,2 @@\n"
CHANGE = HEAD + " int Sum(int a, int b) {\n-  if (a > b) return a;\n+  if (a > b && !PLANTED) return a;\n"
ADDITION = HEAD + "   if (a > b) return a;\n+  if (PLANTED) return 7;\n   return a + b;\n"


class PlantTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.root = pathlib.Path(self.folder.name)
        self.addCleanup(self.folder.cleanup)
        (self.root / "core").mkdir()
        (self.root / "patches").mkdir()
        (self.root / "core" / "sum.cc").write_text(SOURCE)

    def plant(self, **patches):
        for name, diff in patches.items():
            (self.root / "patches" / f"{name}.patch").write_text(f"{name} is wrong\n\n{diff}")
        done = subprocess.run([sys.executable, "-B", str(PLANT), "--root", str(self.root), "--patches",
                               str(self.root / "patches"), "--out", str(self.root / "out"), "core/sum.cc"],
                              capture_output=True, text=True, check=False)
        return done.returncode, done.stderr

    def copy(self):
        return (self.root / "out" / "core" / "sum.cc").read_text().splitlines()[1:]

    def test_all_patches_go_into_one_copy_each_with_its_number(self):
        self.assertEqual(self.plant(a=CHANGE, b=ADDITION), (0, ""))
        self.assertEqual(self.copy(), ["int Sum(int a, int b) {", "  if (a > b && !(::ordersaga::planted_bug == 1)) return a;",
                                       "  if ((::ordersaga::planted_bug == 2)) return 7;", "  return a + b;", "}"])
        self.assertIn('Bug{2, "b", "b is wrong"},', (self.root / "out" / "planted_bugs.h").read_text())

    def test_line_numbers_do_not_count(self):
        (self.root / "core" / "sum.cc").write_text("\n" * 50 + SOURCE)
        self.assertEqual(self.plant(a=CHANGE), (0, ""))

    def test_a_stale_patch_is_named(self):
        (self.root / "core" / "sum.cc").write_text(SOURCE.replace("a > b", "b < a"))
        code, said = self.plant(good=ADDITION.replace("   if (a > b) return a;\n", ""), stale=CHANGE)
        self.assertEqual(code, 1)
        self.assertIn("stale.patch no longer applies", said)
        self.assertNotIn("good.patch", said)
        self.assertFalse((self.root / "out").exists())

    def test_lines_that_stand_twice_are_no_place(self):
        (self.root / "core" / "sum.cc").write_text(SOURCE * 2)
        self.assertIn("2 times, not once", self.plant(a=CHANGE)[1])

    def test_two_patches_that_want_one_line_are_named(self):
        code, said = self.plant(a=CHANGE, b=CHANGE)
        self.assertEqual(code, 1)
        self.assertIn("a.patch and b.patch want the same line", said)

    def test_a_patch_of_another_file_or_of_nothing_is_refused(self):
        code, said = self.plant(a=CHANGE.replace("sum.cc", "product.cc"), b="")
        self.assertEqual(code, 1)
        self.assertIn("a.patch changes core/product.cc, of which sagasim-planted has no copy", said)
        self.assertIn("b.patch holds no change", said)


if __name__ == "__main__":
    unittest.main()

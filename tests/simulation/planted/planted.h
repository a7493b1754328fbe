// Wrong variants of our own rules, planted to prove that the simulator would find them. The sources of the product know
// nothing of them: each *.patch here is applied to a copy when sagasim-planted is built (plant.py).
#pragma once

namespace ordersaga {

struct Bug {
  int number;
  const char* name;  // of its patch
  const char* what;
};

// The number of the bug that is hunted now; 0: none.
extern int planted_bug;

}  // namespace ordersaga

//! Who is silent and since when. Never deposes.

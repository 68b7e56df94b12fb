//! Plans that take minutes: `make model`.

//! Every metric, declared in one place with unit and meaning.

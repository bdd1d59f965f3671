//! The workflow of a service, pure.

//! The rules 4 to 20 of the ownership and journal protocol, above [`super::rows`] and without IO.

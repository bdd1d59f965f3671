//! Style is a test: what clippy cannot see about the shape of the repository. Each rule is one file with the rule, a test
//! that the repository keeps it and a test that it can fail. Never changes a file, unless asked to bless the documents.

mod tidy {
    mod arrows;
    mod bans;
    mod dead;
    mod dependencies;
    mod functions;
    mod generated;
    mod header;
    mod links;
    mod logs;
    mod phrases;
    mod sizes;
    mod tree;
}

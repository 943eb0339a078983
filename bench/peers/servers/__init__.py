"""The peers' servers. Each runs in an environment of its own, so it imports of ours only what needs no more."""

"""The demo: a whole exchange on one machine, a made-up world, and the story played in it."""

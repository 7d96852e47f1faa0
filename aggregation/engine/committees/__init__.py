"""Rules that pick statements. ``aggregation.engine.registry`` lists them."""

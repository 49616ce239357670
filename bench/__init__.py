"""How fast is the engine? Ratios measured in one run, never seconds: machines differ, ratios hardly."""

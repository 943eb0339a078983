"""The demo's colleagues, who are played: they edit through the REST API as real ones would."""

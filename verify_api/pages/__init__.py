"""The shell of every page: layout, components, assets, charts. What a page shows comes from its own noun."""

"""/mcp: trusted documents as tools of agents, by the Model Context Protocol."""

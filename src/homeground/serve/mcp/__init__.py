"""MCP: search, ask, open page and list documents as tools, documents as resources; over HTTP and over stdio."""

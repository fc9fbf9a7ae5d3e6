"""The workspace as a service: a native API, the OpenAI protocol, MCP and a web page, in one process."""

"""The gRPC kit: server, edge, mapping; its extra is imported when settings ask."""

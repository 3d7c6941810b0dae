"""PostgreSQL behind the kit's connection; imported when settings ask for it."""

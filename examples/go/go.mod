module parley.example

go 1.19

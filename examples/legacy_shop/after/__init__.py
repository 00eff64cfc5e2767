"""The same apps, converted: `diff -r before after` is the whole conversion."""

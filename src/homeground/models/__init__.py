"""Model cards, manifests and the engines that run them."""

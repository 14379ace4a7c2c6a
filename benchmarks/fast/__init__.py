"""Fast training on CIFAR-10: the parts of `benchmarks/cifar_gpu.py`, each of which can be read and tested alone.

The ideas are published: D. Page, "How to Train Your ResNet" (2018-19: data on the GPU, whitened first layer,
label smoothing, half precision); tysam-code, hlb-CIFAR10 (2023: 2 × 2 whitening, GELU, test-time flips); K. Jordan,
"94% on CIFAR-10 in 3.29 Seconds on a Single GPU" (2024, arXiv:2404.00498: alternating flip, partial identity
initialisation, batch norm without scale, the widths and rates that `settings` starts from); K. Jordan et al., "Muon"
(2024); Hiverge, "CIFAR10-Speedrun" (2025: brightness and contrast at random, second looks at uncertain test images, one
batch of products for all of Muon's matrices, the recipe "newer").
"""

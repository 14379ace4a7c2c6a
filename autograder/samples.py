"""The dozen submissions of the demo's sample class, and what is wrong with each."""

from __future__ import annotations

from autograder.sample_class import Sample

NETWORKS, LINEAR = "neural_networks", "linear_classifiers"
BACKPROP, CNN = "1_backprop_numpy", "2_cnn_cifar10"
NUMPY, PYTORCH = "1_softmax_numpy", "2_softmax_pytorch"

SAMPLES = (
    Sample("ada", NETWORKS),
    Sample(
        "boris",
        NETWORKS,
        "gradient of the mean loss not divided by n",
        {BACKPROP: {"cross_entropy": (("return d * gradient / n", "return d * gradient"),)}},
    ),
    Sample(
        "chen",
        NETWORKS,
        "a vector comes out as a batch of one row",
        {
            BACKPROP: {
                "linear": (("self.b = np.zeros(out_features)", "self.b = np.zeros((1, out_features))"),)
            }
        },
    ),
    Sample(
        "dmitri",
        NETWORKS,
        "softmax overflows",
        {BACKPROP: {"softmax": (("np.exp(x - x.max(axis=-1, keepdims=True))", "np.exp(x)"),)}},
    ),
    Sample(
        "elif",
        NETWORKS,
        "ReLU's mask taken from the gradient",
        {BACKPROP: {"relu": (("return d * self.positive", "return d * (d > 0)"),)}},
    ),
    Sample(
        "grace",
        NETWORKS,
        "syntax error in ReLU",
        {BACKPROP: {"relu": (("class ReLU(Module):", "class ReLU(Module)"),)}},
    ),
    Sample("hugo", NETWORKS, "checkpoint not handed in", missing=("cifar10_cnn.pt",)),
    Sample(
        "ines",
        NETWORKS,
        "softmax twice in the loss",
        {
            CNN: {
                "calculate_loss": (
                    (
                        "return -right.clamp_min(torch.finfo(right.dtype).tiny).log().mean()",
                        "return nn.functional.cross_entropy(probabilities, y)",
                    ),
                )
            }
        },
    ),
    Sample("jonas", LINEAR),
    Sample(
        "kira",
        LINEAR,
        "half of the penalty's gradient",
        {NUMPY: {"loss_and_gradient": (("2 * l2 * W", "l2 * W"),)}},
    ),
    Sample(
        "liam",
        LINEAR,
        "means of batch means",
        {
            PYTORCH: {
                "train_evaluate": (
                    (
                        "loss_sum += criterion(logits, y).item() * len(y)\n"
                        "            correct += calculate_accuracy(logits, y).item() * len(y)\n"
                        "            n += len(y)",
                        "loss_sum += criterion(logits, y).item()\n"
                        "            correct += calculate_accuracy(logits, y).item()\n"
                        "            n += 1",
                    ),
                )
            }
        },
    ),
    Sample(
        "mei",
        LINEAR,
        "first notebook untouched, checkpoint missing",
        blank=(NUMPY,),
        missing=("softmax_regression.pt",),
    ),
)

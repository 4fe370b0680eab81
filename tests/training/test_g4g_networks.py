"""The parts of the network, each against its formula or its promise."""

import math

import numpy as np
import pytest

for needed in ("torch", "scipy"):
    pytest.importorskip(needed, reason=f"training needs {needed}: pip install 'talkwire[train]'")

import torch  # noqa: E402

from talkwire.runtime.g4g_geometry import HEARD, WINDOW, crop_size, mask_columns, mask_rows, soft_mask  # noqa: E402
from talkwire.training.g4g.adaat import AdaAT, transform  # noqa: E402
from talkwire.training.g4g.alignment import (  # noqa: E402
    IntraAlignment,
    adain,
    diagonal_loss,
    moving,
    near_positives,
    own_loss,
    similarity,
    statistics,
    top_1,
)
from talkwire.training.g4g.encoders import REFERENCES, HeardEncoder, Sizes, Widths, downs  # noqa: E402
from talkwire.training.g4g.fusion import Fusion  # noqa: E402
from talkwire.training.g4g.losses import edge_distance, picture_terms  # noqa: E402
from talkwire.training.g4g.model import Ablation, MouthModel, Networks, held_still  # noqa: E402
from talkwire.training.g4g.recipe import TIERS, WITHOUT  # noqa: E402
from talkwire.training.g4g.regions import lips_square, mouth_px, mouths_of, where_it_counts  # noqa: E402

SIDE = 16
WIDTHS = Widths(half=6, quarter=8, aligned=8, code=12, fusion=4, critic=4)
ABLATIONS = {"whole": Ablation(), **WITHOUT}


def random(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed))


def stirred(module: torch.nn.Module, seed: int = 0) -> torch.nn.Module:
    """Layers that begin with nothing do something."""
    rng = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter += 0.1 * torch.randn(parameter.shape, generator=rng)
    return module


def feeds(count: int, side: int = SIDE, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    size = crop_size(side)
    return (
        random(count, 3, *size, seed=seed),
        random(count, 1, *size, seed=seed + 1),
        random(count, WINDOW, len(HEARD), seed=seed + 2),
    )


def maps_of(model: MouthModel, side: int = SIDE) -> tuple[torch.Tensor, torch.Tensor]:
    return model.reference(random(REFERENCES, 3, *crop_size(side), seed=9))


# --- AdaAT


def warped_by_hand(channel: np.ndarray, scale: float, angle: float, tx: float, ty: float) -> np.ndarray:
    """The formula, pixel by pixel, ends of the grid in the middles of the outermost pixels."""
    height, width = channel.shape
    warped = np.empty_like(channel)
    for row in range(height):
        for column in range(width):
            x, y = 2 * column / (width - 1) - 1, 2 * row / (height - 1) - 1
            u = scale * (math.cos(angle) * x - math.sin(angle) * y) + tx
            v = scale * (math.sin(angle) * x + math.cos(angle) * y) + ty
            at_x = min(max((u + 1) / 2 * (width - 1), 0), width - 1)
            at_y = min(max((v + 1) / 2 * (height - 1), 0), height - 1)
            left, top = min(int(at_x), width - 2), min(int(at_y), height - 2)
            a, b = at_x - left, at_y - top
            warped[row, column] = (
                (1 - a) * (1 - b) * channel[top, left]
                + a * (1 - b) * channel[top, left + 1]
                + (1 - a) * b * channel[top + 1, left]
                + a * b * channel[top + 1, left + 1]
            )
    return warped


def test_an_expression_beyond_all_that_was_learned_from_is_the_nearest_that_was() -> None:
    encoder = stirred(HeardEncoder(WIDTHS))
    learned = 0.2 + 0.2 * random(50, WINDOW, len(HEARD)).numpy()
    encoder.get_used_to(learned)
    heard = torch.linspace(-0.5, 1.5, WINDOW * len(HEARD)).reshape(1, WINDOW, -1)
    nearest = heard.numpy().clip(learned.min(axis=(0, 1)), learned.max(axis=(0, 1)))
    torch.testing.assert_close(encoder(heard), encoder(torch.from_numpy(nearest)))
    assert not torch.equal(encoder(heard), encoder(0.5 * heard))


def test_each_channel_is_transformed_by_its_own_numbers() -> None:
    maps = random(1, 3, 5, 7)
    numbers = np.array(
        [
            [[1.0, 0.0, 0.0, 0.0], [0.7, 0.4, 0.2, -0.1], [1.6, -2.0, -0.3, 0.5]],
            [[1.0, 0.0, 0.5, 0.0], [1.2, 3.0, 0.0, 0.0], [0.1, 0.0, 0.9, 0.9]],
        ]
    )
    found = transform(maps, torch.tensor(numbers, dtype=torch.float32)).numpy()
    for row in range(2):
        for channel in range(3):
            wanted = warped_by_hand(maps[0, channel].numpy(), *numbers[row, channel])
            np.testing.assert_allclose(found[row, channel], wanted, atol=2e-5)


def test_at_first_nothing_is_transformed() -> None:
    maps = random(1, 5, 9, 6)
    found = AdaAT(5, 4)(maps, random(3, 4))
    np.testing.assert_allclose(found.detach().numpy(), maps.expand(3, -1, -1, -1).numpy(), atol=1e-6)


# --- alignment


def test_adain_gives_the_others_statistics() -> None:
    x, y = 3 * random(2, 4, 6, 5) - 1, 0.2 * random(2, 4, 9, 3, seed=1)
    mean, spread = statistics(y)
    found_mean, found_spread = statistics(adain(x, mean, spread))
    torch.testing.assert_close(found_mean, mean, atol=1e-5, rtol=0)
    torch.testing.assert_close(found_spread, spread, atol=1e-3, rtol=0.01)


def test_pooled_features_are_asked_for_the_drawing() -> None:
    torch.manual_seed(0)
    intra = IntraAlignment(SIDE, WIDTHS)
    drawings = (random(2, 1, *crop_size(SIDE)) > 0.8).float()
    aligned = torch.randn(2, WIDTHS.aligned, 7, 5, requires_grad=True)
    optimizer = torch.optim.Adam([*intra.parameters(), aligned], lr=0.05)
    losses = []
    for _ in range(60):
        optimizer.zero_grad()
        loss = intra.drawing_loss(aligned, drawings)
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < 0.05 * losses[0]


def test_the_diagonal_loss_is_cross_entropy_of_rows_and_columns() -> None:
    v, a = (torch.nn.functional.normalize(random(4, 6, seed=k) - 0.5, dim=1) for k in (1, 2))
    near = torch.zeros(4, 4, dtype=torch.bool)
    near[1, 2] = True
    scores = (v.numpy().astype(np.float64) @ a.numpy().T.astype(np.float64)) / 0.07
    powers = np.exp(scores) * ~near.numpy()
    rows = -np.log(np.diag(powers) / powers.sum(axis=1)).mean()
    columns = -np.log(np.diag(powers) / powers.sum(axis=0)).mean()
    assert float(diagonal_loss(similarity(v, a), near)) == pytest.approx((rows + columns) / 2, rel=1e-4)
    own = own_loss(similarity(v[:2], a), near[:2])
    assert float(own) == pytest.approx(-np.log(np.diag(powers)[:2] / powers[:2].sum(axis=1)).mean(), rel=1e-4)


def test_near_positives_are_beside_and_of_the_same_clip() -> None:
    frames, shots = np.array([3, 4, 5, 9]), np.array([0] * 5 + [1] * 5)
    near = near_positives(frames, frames, shots)
    assert near.tolist() == [[0, 1, 0, 0], [1, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]]  # 5 begins a clip


def test_top_1_looks_within_a_window_and_only_strictly_at_neighbours() -> None:
    scores = torch.eye(20)
    assert top_1(scores, near=True) == 1.0
    scores[8, 9] = 2.0  # a neighbour scores better
    scores[10, 0] = 5.0  # far away
    assert top_1(scores, near=False) == 1.0
    assert top_1(scores, near=True) == pytest.approx(11 / 12)
    asked = torch.zeros(20, dtype=torch.bool)
    asked[8] = True
    assert top_1(scores, near=True, asked_n=asked) == 0.0
    assert math.isnan(top_1(scores[:8, :8], near=False))  # no window is whole


def test_silence_is_not_asked() -> None:
    heard = np.zeros((40, WINDOW, len(HEARD)), np.float32)
    heard[25:] = np.sin(np.arange(15))[:, None, None]
    asked = moving(heard, np.full(len(HEARD), 0.5, np.float32))
    assert not asked[:20].any()
    assert asked[25:].all()


# --- the model


@pytest.mark.parametrize("name", ABLATIONS)
def test_what_is_under_the_mask_cannot_be_seen(name: str) -> None:
    torch.manual_seed(0)
    model = stirred(MouthModel(SIDE, WIDTHS, ABLATIONS[name]))
    crop, drawing, heard = feeds(2)
    other = crop.clone()
    other[..., mask_rows(SIDE), mask_columns(SIDE)] = 0.5
    maps = maps_of(model)
    with torch.no_grad():
        torch.testing.assert_close(
            model(crop, drawing, heard, *maps), model(other, drawing, heard, *maps), atol=0, rtol=0
        )
        moved = model(crop, drawing, heard + 0.3, *maps)
        assert (moved - model(crop, drawing, heard, *maps)).abs().max() > 1e-4  # but it hears
        assert moved.shape == crop.shape
        assert 0 <= moved.min() <= moved.max() <= 1


@pytest.mark.parametrize("side", [16, 64, 128])
def test_the_scales_are_halves_and_quarters_and_alignment_costs_the_same(side: int) -> None:
    sizes = Sizes.of(side)
    torch.manual_seed(0)
    model = MouthModel(side, WIDTHS, Ablation())
    maps = maps_of(model, side)
    with torch.no_grad():
        spoken = model.speak(*feeds(1, side), maps)
    assert (tuple(maps[0].shape[2:]), tuple(maps[1].shape[2:])) == (sizes.quarter, sizes.half)
    assert spoken.drawn.quarter is not None
    assert spoken.drawn.half is not None
    assert tuple(spoken.drawn.quarter.shape[2:]) == sizes.quarter
    assert tuple(spoken.drawn.half.shape[2:]) == sizes.half
    assert tuple(spoken.aligned.shape[2:]) == sizes.aligned
    assert sizes.aligned <= (26, 20)
    assert downs(64) + 1 == downs(128)


def test_each_ablation_leaves_out_what_it_names() -> None:
    whole, scales, fusion = (MouthModel(SIDE, WIDTHS, ABLATIONS[n]) for n in ("whole", "scales", "fusion"))
    assert whole.generator.bend_half is not None
    assert scales.generator.bend_half is None
    spoken = scales.speak(*feeds(1), maps_of(scales))
    assert spoken.drawn.half is None
    assert "to_top.weight" not in dict(fusion.fusion.named_parameters())
    assert "to_top.weight" in dict(whole.fusion.named_parameters())


def test_fusion_begins_by_pasting_softly_and_never_touches_what_is_not_pasted() -> None:
    torch.manual_seed(0)
    size = crop_size(SIDE)
    drawn, masked = random(1, 3, *size), random(1, 3, *size, seed=1)
    soft = torch.from_numpy(soft_mask(SIDE))
    fusion = Fusion(SIDE, WIDTHS)
    with torch.no_grad():
        torch.testing.assert_close(fusion(drawn, masked), soft * drawn + (1 - soft) * masked)
        torch.testing.assert_close(fusion(masked, masked), masked)  # no colour is shifted
        stirred(fusion)
        fused = fusion(drawn, masked)
    assert (fused - masked)[..., soft == 0].abs().max() == 0
    assert (fused - drawn)[..., soft == 1].abs().max() > 1e-3


def test_gradients_pass_through_what_is_held_still() -> None:
    networks = Networks(SIDE, WIDTHS, Ablation())
    mouths = random(2, WINDOW, 3, mouth_px(SIDE), mouth_px(SIDE)).requires_grad_()
    with held_still(networks.eye):
        networks.eye(mouths)[:, 0].sum().backward()
    assert mouths.grad is not None
    assert mouths.grad.abs().max() > 0
    assert all(parameter.grad is None and parameter.requires_grad for parameter in networks.eye.parameters())


# --- losses and regions


def test_weights_are_of_the_mask_and_a_ring_and_lips_are_in_it() -> None:
    weights = where_it_counts(64)
    assert float(weights.mean()) == pytest.approx(1.0)
    assert weights[0, 0, :24].max() == 0
    assert weights[0, 0, 96 - 1, 40] == weights[0, 0, 40, 40] > weights[0, 0, 100, 40] > 0
    rows, columns = lips_square(64)
    assert (rows.stop - rows.start, columns.stop - columns.start) == (48, 48)
    assert mouths_of(random(1, 3, *crop_size(128)), 128).shape == (1, 3, 48, 48)


def test_blur_costs_edges_more_than_colours() -> None:
    torch.manual_seed(0)
    size = crop_size(SIDE)
    wanted, weights = random(1, 3, *size), torch.ones(1, 1, *size)
    blurred = torch.nn.functional.avg_pool2d(wanted, 3, 1, 1, count_include_pad=False)
    darker = wanted - 0.1
    assert float(edge_distance(darker, wanted, weights)) == pytest.approx(0, abs=1e-6)
    assert float(edge_distance(blurred, wanted, weights)) > 0.1
    model = MouthModel(SIDE, WIDTHS, Ablation())
    drawn = model.speak(*feeds(1), maps_of(model)).drawn
    coarse = [float(picture_terms(drawn, one, wanted, weights)["coarse"]) for one in (blurred, darker)]
    assert coarse[0] < coarse[1]


def test_tiers_have_a_row_each() -> None:
    assert set(TIERS) == {"cpu", "gpu"}
    assert TIERS["gpu"].widths.half > TIERS["cpu"].widths.half

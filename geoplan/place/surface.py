"""Kernel density on a grid of square cells.

A surface says weight per square kilometre (weight: money, jobs, or 1 for each
thing counted). What is known as a point with an accuracy is smoothed with a
Gaussian kernel that conserves the weight inside a boundary and says what could
not be placed there.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import ceil

import numpy as np
import numpy.typing as npt
import scipy.fft

from geoplan.errors import GeoplanError
from geoplan.place.grid import Grid, checked_mask

SHARPEST_FAST_CELLS = 2.0
"""Bandwidth, in cells, from which the Fourier transform is used; below, the plain sum."""

MOST_EXACT_BANDWIDTHS = 8
"""Up to so many different bandwidths each is used as given."""

BANDWIDTH_STEP = 1.05
"""Ratio of neighbouring bandwidth classes otherwise: none is off by more than 2.5 %."""

LEAST_SHARE_INSIDE = 0.01
"""A point with less of its kernel inside the boundary is left out, and reported."""

_Floats = npt.NDArray[np.float64]
_Integers = npt.NDArray[np.int64]
_Mask = npt.NDArray[np.bool_]
_Spectrum = npt.NDArray[np.complex64]

_NODE_COST = 2.0
"""Cost of a node in the transform, in points shared with one node; only for speed."""

_BATCH_RATIO = 16.0
"""Bandwidths within this ratio share one transform: wide kernels need much room, sharp
ones many waves, and both together much memory."""

_BLOCK = 1 << 13
"""Points per pass: the arrays of a pass stay in the processor's cache."""

_REACH_BANDWIDTHS = 5.5
"""Where the kernel, and likewise its transform, has fallen below 3e-7 of its peak."""

_NODES_PER_BANDWIDTH = {2: 16.0, 3: 3.3, 4: 2.3}
"""Nodes that a spline of each order needs per bandwidth for an error under 0.05 % of the
peak of a single point, wherever the point lies between the nodes."""


@dataclass(frozen=True)
class InsideSurface:
    """A surface whose whole weight lies inside a boundary.

    Attributes
    ----------
    per_km2 :
        Weight per km² at each cell, shape of the grid; 0 outside the boundary.
        ``per_km2.sum() * grid.cell_km2`` is the weight of the points not left out.
    left_out :
        Whether each point was left out, because less than `LEAST_SHARE_INSIDE`
        of its kernel lies inside; shape (n,).
    """

    per_km2: _Floats
    left_out: _Mask


@dataclass(frozen=True)
class _Points:
    """Points with weights, and one bandwidth for all or one each; all finite."""

    x: _Floats
    y: _Floats
    weights: _Floats
    bandwidths: _Floats


def kernel_surface(
    x_m: npt.ArrayLike,
    y_m: npt.ArrayLike,
    weights: npt.ArrayLike,
    grid: Grid,
    bandwidth_m: npt.ArrayLike,
) -> _Floats:
    r"""Weight per km² of a Gaussian kernel at the centre of each cell.

    .. math:: f(c) = \sum_i w_i \frac{1}{2 \pi h_i^2} e^{-|c - p_i|^2 / 2 h_i^2}

    Parameters
    ----------
    x_m, y_m :
        Points in metres, in the CRS of `grid`; shape (n,). Points outside the grid
        count where their kernel reaches into it.
    weights :
        Weight of each point, not negative; shape (n,).
    grid :
        Cells of the surface.
    bandwidth_m :
        Standard deviation of the kernel in metres: one for all, or one for each
        point (the larger of the chosen bandwidth and the point's accuracy). More
        than `MOST_EXACT_BANDWIDTHS` different ones are rounded to classes that
        start at the smallest and grow by `BANDWIDTH_STEP`.

    Returns
    -------
    per_km2 :
        Weight per km², shape ``grid.shape``, row 0 in the south. Away from the edges
        of the grid ``per_km2.sum() * grid.cell_km2`` is the sum of the weights.

    Raises
    ------
    GeoplanError
        If shapes differ, or a value is not finite, negative, or a bandwidth 0.

    Notes
    -----
    From 2 cells of bandwidth the error is below 0.1 % of the maximum: the weight of
    a point is shared by 4 to 16 nodes with B-spline weights and smoothed by a fast
    Fourier transform, which also divides out the spline's own smoothing (for 4
    nodes, "cloud in cell", that is the correction of the variance). Below 2 cells
    the sum is taken term by term up to 5.5 bandwidths.

    References
    ----------
    Hockney, R. W. & Eastwood, J. W. (1988). *Computer Simulation Using Particles*.
    Essmann, U. et al. (1995). A smooth particle mesh Ewald method.
    *J. Chem. Phys.* 103, 8577.

    Examples
    --------
    >>> grid = Grid(x0_m=0.0, y0_m=0.0, cell_m=100.0, n_columns=40, n_rows=40)
    >>> per_km2 = kernel_surface([2_000.0], [2_000.0], [30.0], grid, bandwidth_m=300.0)
    >>> print(f"{per_km2.sum() * grid.cell_km2:.2f}")
    30.00
    """
    return _smooth(_checked(x_m, y_m, weights, bandwidth_m), grid)


def kernel_surface_inside(
    x_m: npt.ArrayLike,
    y_m: npt.ArrayLike,
    weights: npt.ArrayLike,
    grid: Grid,
    bandwidth_m: npt.ArrayLike,
    inside: npt.NDArray[np.bool_],
) -> InsideSurface:
    """Weight per km² of a Gaussian kernel, the whole weight kept inside a boundary.

    Each point's weight is divided by the share of its kernel that lies inside, so
    that nothing is lost over the edge.

    Parameters
    ----------
    x_m, y_m, weights, grid, bandwidth_m :
        As for :func:`kernel_surface`.
    inside :
        Whether each cell lies inside the boundary, shape ``grid.shape``.

    Returns
    -------
    surface :
        Weight per km², 0 outside, and the points left out because their kernel
        hardly reaches inside.

    Raises
    ------
    GeoplanError
        As :func:`kernel_surface`, or if `inside` has another shape.

    References
    ----------
    Diggle, P. (1985). A kernel method for smoothing point process data.
    *Applied Statistics* 34, 138-147.
    """
    points = _checked(x_m, y_m, weights, bandwidth_m)
    inside = checked_mask(inside, grid)
    shares = _shares_inside(points, grid, inside)
    left_out = shares < LEAST_SHARE_INSIDE
    # Points left out stay, without weight: `_smooth` must do to the others what gave their shares.
    weights = np.where(left_out, 0.0, points.weights)
    whole = replace(points, weights=weights / np.maximum(shares, LEAST_SHARE_INSIDE))
    per_km2 = np.where(inside, _smooth(whole, grid), 0.0)
    total = weights.sum()
    if total > 0:
        # What single precision leaves over, a millionth or so.
        per_km2 *= total / (per_km2.sum() * grid.cell_km2)
    return InsideSurface(per_km2, left_out)


def _checked(
    x_m: npt.ArrayLike, y_m: npt.ArrayLike, weights: npt.ArrayLike, bandwidth_m: npt.ArrayLike
) -> _Points:
    x, y, amounts, bandwidths = (
        np.asarray(column, dtype=np.float64) for column in (x_m, y_m, weights, bandwidth_m)
    )
    if x.ndim != 1 or not x.shape == y.shape == amounts.shape:
        raise GeoplanError(
            f"x_m, y_m and weights have shapes {x.shape}, {y.shape}, {amounts.shape}; "
            "give columns of equal length"
        )
    if bandwidths.shape not in {(), x.shape}:
        raise GeoplanError(
            f"bandwidth_m has shape {bandwidths.shape}; give one, or one for each of {x.size} points"
        )
    numbers = np.finfo(np.float64)
    for name, column, least in (
        ("x_m", x, numbers.min),
        ("y_m", y, numbers.min),
        ("weights", amounts, 0.0),
        ("bandwidth_m", bandwidths, numbers.tiny),
    ):
        # A minimum passes on what is not a number; two scans need no array.
        if column.size and not (column.min() >= least and column.max() <= numbers.max):
            raise GeoplanError(
                f"{name} holds values that are not finite, negative or 0; leave them out"
            )
    return _Points(x, y, amounts, bandwidths)


def _taken(points: _Points, which: npt.NDArray[np.generic] | slice) -> _Points:
    bandwidths = points.bandwidths[which] if points.bandwidths.ndim else points.bandwidths
    return _Points(points.x[which], points.y[which], points.weights[which], bandwidths)


def _reaching(points: _Points, grid: Grid) -> _Mask | slice:
    """Points that lie so near to the grid that their kernel reaches a cell."""
    near: _Mask | bool = True
    for at, centres in ((points.x, grid.x_centres_m), (points.y, grid.y_centres_m)):
        if at.size and (at.min() < centres[0] or at.max() > centres[-1]):
            beyond = np.maximum(centres[0] - at, at - centres[-1])
            near = near & (beyond < _REACH_BANDWIDTHS * points.bandwidths)
    return slice(None) if isinstance(near, bool) else near


_Class = tuple[float, _Integers | slice]


def _classes(points: _Points, fast_from_m: float) -> tuple[list[_Class], list[list[_Class]]]:
    """Bandwidths with their points, ascending: those summed plainly, and batches of the others."""
    if not points.x.size:
        return [], []
    bandwidths = points.bandwidths
    smallest = float(bandwidths.min())
    classes: list[_Class] = [(smallest, slice(None))]
    if bandwidths.max() > smallest:
        distinct, class_of = np.unique(bandwidths, return_inverse=True)
        if distinct.size > MOST_EXACT_BANDWIDTHS:
            steps = np.rint(np.log(bandwidths / smallest) / np.log(BANDWIDTH_STEP))
            step, class_of = np.unique(steps, return_inverse=True)
            distinct = smallest * BANDWIDTH_STEP**step
        ends = np.cumsum(np.bincount(class_of))
        members = np.split(np.argsort(class_of, kind="stable"), ends[:-1])
        classes = list(zip(distinct.tolist(), members, strict=True))
    plain = [one for one in classes if one[0] < fast_from_m]
    batches: list[list[_Class]] = []
    for one in classes[len(plain) :]:
        if not batches or one[0] > _BATCH_RATIO * batches[-1][0][0]:
            batches.append([])
        batches[-1].append(one)
    return plain, batches


def _smooth(points: _Points, grid: Grid) -> _Floats:
    """Weight of the kernels per km² at the centre of each cell."""
    points = _taken(points, _reaching(points, grid))
    plain, batches = _classes(points, SHARPEST_FAST_CELLS * grid.cell_m)
    per_km2 = _fast_surface(points, batches[0], grid) if batches else np.zeros(grid.shape)
    for batch in batches[1:]:
        per_km2 += _fast_surface(points, batch, grid)
    for bandwidth, members in plain:
        some = _taken(points, members)
        for part, cells, kernel in _plain_kernels(some, grid, bandwidth):
            weight = kernel * (some.weights[part, None, None] / grid.cell_km2)
            np.add.at(per_km2.reshape(-1), cells.reshape(-1), weight.reshape(-1))
    return per_km2


def _fast_surface(points: _Points, batch: list[_Class], grid: Grid) -> _Floats:
    """Weight per km² of a batch of classes whose waves the grid can show."""
    domain = _domain(points, batch, grid)
    modes = domain.no_modes(sharpest_m=batch[0][0])
    for bandwidth, members in batch:
        some = _taken(points, members)
        x, y = domain.nodes(bandwidth, some.x.size)
        modes[y.modes, : x.modes.size] += _modes_of_points(some, x, y)
    modes *= 1 / grid.cell_km2
    lines = scipy.fft.ifft(modes, axis=0)
    per_km2 = np.empty(grid.shape)
    for rows in domain.row_blocks():
        wide = scipy.fft.irfft(lines[rows], n=domain.x.n_cells, axis=1)[:, : grid.n_columns]
        # Rounding leaves a little less than nothing where there is nothing.
        np.maximum(wide, 0.0, out=per_km2[rows])
    return per_km2


def _shares_inside(points: _Points, grid: Grid, inside: _Mask) -> _Floats:
    """Share of each kernel in the cells inside.

    This is the transpose of :func:`_smooth`, with the same nodes and waves; therefore a
    weight divided by its share comes out whole inside.
    """
    reaching = _reaching(points, grid)
    all_shares = np.zeros(points.x.size)
    points = _taken(points, reaching)
    shares = np.zeros(points.x.size)
    plain, batches = _classes(points, SHARPEST_FAST_CELLS * grid.cell_m)
    for bandwidth, members in plain:
        shares[members] = np.concatenate(
            [
                (kernel * inside.reshape(-1)[cells]).sum(axis=(1, 2))
                for _, cells, kernel in _plain_kernels(_taken(points, members), grid, bandwidth)
            ]
        )
    for batch in batches:
        domain = _domain(points, batch, grid)
        lines = domain.no_modes(sharpest_m=batch[0][0])
        for rows in domain.row_blocks():
            wide = scipy.fft.rfft(inside[rows].astype(np.float32), n=domain.x.n_cells, axis=1)
            lines[rows] = wide[:, : lines.shape[1]]
        modes = scipy.fft.fft(lines, axis=0)
        for bandwidth, members in batch:
            some = _taken(points, members)
            x, y = domain.nodes(bandwidth, some.x.size)
            scale = x.n_nodes * y.n_nodes / (domain.x.n_cells * domain.y.n_cells)
            shares[members] = scale * _at_points(some, x, y, modes[y.modes, : x.modes.size])
    all_shares[reaching] = shares
    return all_shares


def _plain_kernels(
    points: _Points, grid: Grid, bandwidth_m: float
) -> Iterator[tuple[slice, npt.NDArray[np.intp], _Floats]]:
    """Kernel in all cells within reach, block by block: points, cells, weights in the cells."""
    reach = _REACH_BANDWIDTHS * bandwidth_m / grid.cell_m
    offsets = np.arange(int(2 * reach) + 1)
    for part in _blocks(points.x.size, _BLOCK // offsets.size):
        cells, kernel = np.zeros((1, 1, 1), dtype=np.intp), np.ones((1, 1, 1))
        for at, origin_m, n, axis in (
            (points.y[part], grid.y0_m, grid.n_rows, 2),
            (points.x[part], grid.x0_m, grid.n_columns, 1),
        ):
            position = (at[:, None] - origin_m) / grid.cell_m - 0.5
            node = np.ceil(position - reach) + offsets
            distance = (node - position) * (grid.cell_m / bandwidth_m)
            weight = np.exp(-(distance**2) / 2) * (grid.cell_m / bandwidth_m / np.sqrt(2 * np.pi))
            weight[(node < 0) | (node >= n)] = 0.0
            kernel = kernel * np.expand_dims(weight, axis)
            cells = cells * n + np.expand_dims(np.clip(node, 0, n - 1).astype(np.intp), axis)
        yield part, cells, kernel


@dataclass(frozen=True)
class _Axis:
    """One axis of the periodic domain that the Fourier transform works in."""

    low_m: float
    first_centre_m: float
    cell_m: float
    n_cells: int

    def n_modes(self, bandwidth_m: float) -> int:
        """Number of wave numbers, from 0, that the kernel lets through."""
        return int(_REACH_BANDWIDTHS * self.n_cells * self.cell_m / (2 * np.pi * bandwidth_m)) + 1

    def nodes(self, bandwidth_m: float, order: int, both_signs: bool) -> "_Nodes":
        """Nodes fine enough for the bandwidth, and what the kernel does to each wave."""
        period_m = self.n_cells * self.cell_m
        n_nodes = scipy.fft.next_fast_len(
            ceil(period_m * _NODES_PER_BANDWIDTH[order] / bandwidth_m), real=True
        )
        n_modes = self.n_modes(bandwidth_m)
        modes = np.arange(n_modes)
        if both_signs:
            modes = np.append(modes, np.arange(1 - n_modes, 0))
        # The lowest point's spline begins at the first node.
        origin_m = self.low_m - order / 2 * period_m / n_nodes
        wave_number = 2 * np.pi / period_m * modes
        transfer = (
            np.exp(-((wave_number * bandwidth_m) ** 2) / 2)
            / np.sinc(modes / n_nodes) ** order
            * np.exp(1j * wave_number * (self.first_centre_m - origin_m))
        )
        return _Nodes(
            origin_m, period_m / n_nodes, n_nodes, order, modes, transfer.astype(np.complex64)
        )


@dataclass(frozen=True)
class _Nodes:
    """Nodes along one axis that share the weight of points by splines.

    ``transfer`` is, by wave number (``modes``), the kernel divided by the
    spline's own smoothing, moved to the grid's first centre.
    """

    origin_m: float
    node_m: float
    n_nodes: int
    order: int
    modes: _Integers
    transfer: _Spectrum

    def splines(self, at: _Floats) -> tuple[_Integers, list[_Floats]]:
        """First node that holds some of each point, and the shares of the nodes from there."""
        position = at - (self.origin_m + self.order / 2 * self.node_m)
        position *= 1 / self.node_m
        # Positions are not negative: cutting the fraction off is rounding down.
        before = position.astype(np.int64)
        return before + 1, _spline_shares(1.0 - (position - before), self.order)


def _spline_shares(beyond: _Floats, order: int) -> list[_Floats]:
    """Cardinal B-spline at `beyond`, ``beyond + 1`` … ``beyond + order - 1``; they sum to 1."""
    short = 1.0 - beyond
    if order == 2:
        return [beyond, short]
    if order == 3:
        first, last = beyond * beyond / 2, short * short / 2
        return [first, 1.0 - first - last, last]
    first, last = beyond**2 * beyond / 6, short**2 * short / 6
    second = (beyond + beyond * beyond * short) / 2 + 1 / 6
    return [first, second, 1.0 - first - second - last, last]


@dataclass(frozen=True)
class _Domain:
    """The grid, all points and a margin so wide that no kernel meets its periodic image."""

    x: _Axis
    y: _Axis
    grid: Grid

    def nodes(self, bandwidth_m: float, n_points: int) -> tuple[_Nodes, _Nodes]:
        """Nodes along x and y, of the order that costs least: sharing against transforming."""
        area = self.x.n_cells * self.y.n_cells * (self.grid.cell_m / bandwidth_m) ** 2
        order = min(
            _NODES_PER_BANDWIDTH,
            key=lambda k: k**2 * n_points + _NODE_COST * area * _NODES_PER_BANDWIDTH[k] ** 2,
        )
        return self.x.nodes(bandwidth_m, order, False), self.y.nodes(bandwidth_m, order, True)

    def no_modes(self, sharpest_m: float) -> _Spectrum:
        """Room for the waves of the domain, as far as the sharpest kernel needs them."""
        return np.zeros((self.y.n_cells, self.x.n_modes(sharpest_m)), dtype=np.complex64)

    def row_blocks(self) -> Iterator[slice]:
        """Rows of the grid, so few that a pass over them stays in the processor's cache."""
        size = max((1 << 17) // self.x.n_cells, 1)
        n_rows = self.grid.n_rows
        return (slice(row, min(row + size, n_rows)) for row in range(0, n_rows, size))


def _domain(points: _Points, batch: list[_Class], grid: Grid) -> _Domain:
    if len(batch) > 1 or isinstance(batch[0][1], np.ndarray):
        points = _taken(points, np.concatenate([members for _, members in batch]))
    # The reach of the widest kernel, and room for its splines.
    margin_m = (_REACH_BANDWIDTHS + 2.5) * batch[-1][0]
    x = _axis(points.x, grid.x_centres_m, grid.cell_m, margin_m)
    return _Domain(x, _axis(points.y, grid.y_centres_m, grid.cell_m, margin_m), grid)


def _axis(at: _Floats, centres_m: _Floats, cell_m: float, margin_m: float) -> _Axis:
    first, last = float(centres_m[0]), float(centres_m[-1])
    low, high = min(first, float(at.min())), max(last, float(at.max()))
    length = last - first + max(first - low, high - last) + margin_m
    n_cells = scipy.fft.next_fast_len(ceil(length / cell_m) + 1, real=True)
    return _Axis(low, first, cell_m, n_cells)


def _modes_of_points(points: _Points, x: _Nodes, y: _Nodes) -> _Spectrum:
    """Waves of the smoothed weights, by wave number along y and x."""
    mass = np.zeros(y.n_nodes * x.n_nodes)
    for part in _blocks(points.x.size, _BLOCK):
        corner, column_shares, row_shares = _splines(points, part, x, y)
        for j, row_share in enumerate(row_shares):
            row_weight = row_share * points.weights[part]
            for i, column_share in enumerate(column_shares):
                np.add.at(mass[j * x.n_nodes + i :], corner, row_weight * column_share)
    lines = scipy.fft.rfft(mass.reshape(y.n_nodes, x.n_nodes).astype(np.float32), axis=1)
    waves = scipy.fft.fft(lines[:, : x.modes.size], axis=0)[y.modes]
    return waves * (y.transfer[:, None] * x.transfer)


def _at_points(points: _Points, x: _Nodes, y: _Nodes, modes: _Spectrum) -> _Floats:
    """Smoothed field at each point: the transpose of :func:`_modes_of_points`."""
    waves = np.zeros((y.n_nodes, x.modes.size), dtype=np.complex64)
    waves[y.modes] = modes * (y.transfer[:, None] * x.transfer).conj()
    field = scipy.fft.irfft(scipy.fft.ifft(waves, axis=0), n=x.n_nodes, axis=1).reshape(-1)
    sampled = np.zeros(points.x.size)
    for part in _blocks(points.x.size, _BLOCK):
        corner, column_shares, row_shares = _splines(points, part, x, y)
        for j, row_share in enumerate(row_shares):
            for i, column_share in enumerate(column_shares):
                sampled[part] += row_share * column_share * field[j * x.n_nodes + i :][corner]
    return sampled


def _splines(
    points: _Points, part: slice, x: _Nodes, y: _Nodes
) -> tuple[_Integers, list[_Floats], list[_Floats]]:
    column, column_shares = x.splines(points.x[part])
    row, row_shares = y.splines(points.y[part])
    return row * x.n_nodes + column, column_shares, row_shares


def _blocks(n: int, size: int) -> Iterator[slice]:
    return (slice(start, start + size) for start in range(0, n, size))

"""One of libavfilter's filters over the frames of a film."""

from fractions import Fraction
from itertools import pairwise

from av.filter import Graph
from av.filter.context import FilterContext
from av.video.format import VideoFormat

from kinemacolor.io.info import FilmInfo


def linked(graph: Graph, *parts: FilterContext) -> Graph:
    """The graph with its parts one behind the other, ready for ``push`` and ``pull``."""
    for one, following in pairwise(parts):
        one.link_to(following)
    graph.configure()
    return graph


def filter_graph(info: FilmInfo, pixel_format: str, time_base: Fraction, name: str, options: str) -> Graph:
    """The filter ``name`` with its ``options`` for frames of the film's size, ready for ``push`` and ``pull``."""
    graph = Graph()
    return linked(
        graph,
        graph.add_buffer(width=info.width, height=info.height, format=VideoFormat(pixel_format), time_base=time_base),
        graph.add(name, options),
        graph.add("buffersink"),
    )

"""XML from anybody: streamed, element names without their prefix, no declarations, no entities."""

from collections.abc import Callable, Mapping
from typing import IO
from xml.parsers import expat

from geoplan.exchange.asking.remarks import refused

Attributes = Mapping[str, str]


def parse_xml(
    stream: IO[bytes],
    file: str,
    part: str,
    start: Callable[[str, Attributes], None],
    end: Callable[[str], None] | None = None,
    text: Callable[[str], object] | None = None,
) -> None:
    """Stream one document to the handlers given.

    Parameters
    ----------
    file, part :
        Names for messages.

    Raises
    ------
    RefusedFileError
        A DTD, or damage; a handler tells damage by ``ValueError`` and its like.
    """

    def refuse_declarations(*_: object) -> None:
        raise refused(file, "xml.dtd", part=part)

    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = refuse_declarations

    def begin(name: str, values: Attributes) -> None:
        """Take the root; where it has no prefix, names need no cutting."""
        local: dict[str, str] = {}

        def short(name: str) -> str:
            return local.get(name) or local.setdefault(name, name.rpartition(":")[2])

        if ":" in name:
            parser.StartElementHandler = lambda name, values: start(short(name), values)
            if end is not None:
                parser.EndElementHandler = lambda name: end(short(name))
        else:
            parser.StartElementHandler = start
            if end is not None:
                parser.EndElementHandler = end
        start(name.rpartition(":")[2], values)

    parser.StartElementHandler = begin
    if text is not None:
        parser.CharacterDataHandler = text
    try:
        parser.ParseFile(stream)
    except expat.ExpatError as error:
        raise refused(file, "file.damaged", reason=f"{part}: {error}") from error
    except (ValueError, KeyError, IndexError, OverflowError) as error:
        raise refused(file, "file.damaged", reason=f"{part}: {error!r}") from error

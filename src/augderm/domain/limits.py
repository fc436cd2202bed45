"""What is accepted, as named constants with their units. Beyond them an input is refused."""

from __future__ import annotations

MAX_FILE_BYTES = 384 * 1024 * 1024
"""Largest image file that is opened: an uncompressed one of `MAX_IMAGE_PIXELS` in 8-bit RGB (360 MB), or
one of 48 megapixels in 16-bit RGB (288 MB)."""

MAX_IMAGE_PIXELS = 120_000_000
"""Most pixels (width x height) that a file may declare: above the largest common phone camera
(108 megapixels); decoded it takes 360 MB."""

MAX_SIDE_PX = 30_000
"""Longest side that a file may declare."""

MIN_SIDE_PX = 16
"""Shortest side that can hold an image at all; what can be read well is the quality gate's matter."""

MIN_LEVEL_RANGE = 8
"""Smallest difference between darkest and brightest level (0..255) of an image with content."""

WORKING_SIDE_PX = 800
"""Longest side of the image that is analysed; larger files are reduced to it while decoding. A
lesion of 1/4 of the side then still has a diameter of 200 pixels, so 0.5 % is one pixel."""

OVERVIEW_SIDE_PX = 1600
"""Longest side of an overview of a body region that is searched: of a back (some 500 mm) a pixel is then
0.3 mm, and a lesion of 2 mm has 6 pixels."""

MAX_STACK_PLANES = 64
"""Most planes of a multispectral stack: twice what a filter wheel or tunable filter gives over the visible
in steps of 10 nm; at working size they take 123 MB."""

MAX_DICOM_HEADER_BYTES = 4 * 1024 * 1024
"""Most bytes before the pixels of a DICOM file, which are parsed in some 8 s and 0.4 GB at worst; a colour
profile and a thumbnail have about 1 MB."""

MAX_SIDECAR_BYTES = 256 * 1024
"""Largest JSON file that is read beside an image; a list of `MAX_STACK_PLANES` names has some 5 KB."""

MAX_ANAMNESIS_BYTES = 64 * 1024 * 1024
"""Largest table of answers: of 100,000 images, every question answered, it has about 20 MB."""

MAX_ANAMNESIS_ROWS = 200_000
"""Most rows of it: their answers take about 200 MB of memory."""

MAX_ASSESSMENT_BYTES = 16 * 1024 * 1024
"""Longest line of assessments: one image has about 20 KB, and a lesion as many times that as photographs."""

MAX_WORKLIST_CASES = 200_000
"""Most cases of one worklist, and most rows of its table of arrivals."""

MAX_ARRIVALS_BYTES = 64 * 1024 * 1024
"""Largest table of arrivals: of `MAX_WORKLIST_CASES` it has about 20 MB."""

MAX_EMBEDDING_SIZE = 8192
"""Longest vector of a case in a library."""

MAX_LIBRARY_CASES = 20_000_000
"""Most cases of one library: 20 GB of vectors of 256."""

MAX_MANIFEST_BYTES = 16 * 1024 * 1024
"""Largest `library.json`: of `MAX_LIBRARY_CASES` it has about 2 MB."""

MAX_CASE_BYTES = 64 * 1024
"""Longest line that a library keeps of a case."""

MAX_THUMBNAIL_BYTES = 256 * 1024
"""Largest thumbnail of a case; one of 192 pixels has about 5 KB."""

MAX_THUMBNAIL_SIDE_PX = 512
"""Longest side of a thumbnail that is shown."""

// Points and 3x3 matrices of the plane, no page in sight. A pixel (0, 0) spans 0..1.

export const IDENTITY = [[1, 0, 0], [0, 1, 0], [0, 0, 1]];

export function apply(matrix, [x, y]) {
  const [u, v, w] = matrix.map((row) => row[0] * x + row[1] * y + row[2]);
  return [u / w, v / w];
}

// The homography as CSS wants it, column by column, with the third dimension left alone.
export function cssMatrix([[a, b, c], [d, e, f], [g, h, i]]) {
  return `matrix3d(${[a, d, 0, g, b, e, 0, h, 0, 0, 1, 0, c, f, 0, i].join(",")})`;
}

// Where an image goes that nobody registered: as large as fits, in the middle.
export function fitted(image, frame) {
  const scale = Math.min(frame.width / image.width, frame.height / image.height);
  return [
    [scale, 0, (frame.width - scale * image.width) / 2],
    [0, scale, (frame.height - scale * image.height) / 2],
    [0, 0, 1],
  ];
}

export function distance([x0, y0], [x1, y1]) {
  return Math.hypot(x1 - x0, y1 - y0);
}

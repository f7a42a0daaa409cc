/* Strokes → a canvas, and → bytes. Places and widths are shares of the picture; a stroke without a colour erases. */
export function paint(canvas, strokes, ground) {
  const brush = canvas.getContext("2d", { willReadFrequently: true });
  const { width, height } = canvas;
  const longest = Math.max(width, height);
  brush.fillStyle = ground;
  brush.fillRect(0, 0, width, height);
  brush.lineCap = brush.lineJoin = "round";
  for (const { width: thick, colour, points } of strokes) {
    brush.strokeStyle = brush.fillStyle = colour ?? ground;
    const [[x, y, pressed]] = points;
    brush.beginPath();
    brush.arc(x * width, y * height, (thick * pressed * longest) / 2, 0, 2 * Math.PI);
    brush.fill();
    for (let i = 1; i < points.length; i++) {
      brush.lineWidth = thick * points[i][2] * longest;
      brush.beginPath();
      brush.moveTo(points[i - 1][0] * width, points[i - 1][1] * height);
      brush.lineTo(points[i][0] * width, points[i][1] * height);
      brush.stroke();
    }
  }
}

/* The picture as base64: a byte a pixel, or three (red, green, blue) where it has colours, row by row. */
export function pixelsOf(strokes, { rows, columns, ground, colours }) {
  const canvas = Object.assign(document.createElement("canvas"), { width: columns, height: rows });
  paint(canvas, strokes, ground);
  const rgba = canvas.getContext("2d").getImageData(0, 0, columns, rows).data;
  const channels = colours ? 3 : 1;
  let text = "";
  for (let i = 0; i < rgba.length; i += 4) {
    for (let channel = 0; channel < channels; channel++) text += String.fromCharCode(rgba[i + channel]);
  }
  return btoa(text);
}

/*
 * Draws the points of a map over a Plotly plot with WebGL.
 *
 * Each point has a position (x, y), a code (index of its look: colour and symbol) and a flag (chosen or not). Each of them is
 * one buffer that goes to the GPU only when it changes; a zoom changes uniforms alone.
 */
const SYMBOLS = { circle: 0, diamond: 1, "circle-open": 2 };
const LOOKS = 256;

const VERTEX = `#version 300 es
in float x;
in float y;
in float code;
in float chosen;
uniform vec2 centre;
uniform vec2 scale;
uniform float size;
uniform vec2 opacity; // of chosen points, of the others
uniform float turn; // which points this pass draws: 0 the others, 1 the chosen, on top
uniform sampler2D looks;
out vec4 colour;
flat out float symbol;
void main() {
  vec4 look = texelFetch(looks, ivec2(int(code), 0), 0);
  symbol = texelFetch(looks, ivec2(int(code), 1), 0).r * 255.0;
  colour = vec4(look.rgb, look.a * (chosen > 0.5 ? opacity.x : opacity.y));
  bool drawn = look.a > 0.0 && (chosen > 0.5) == (turn > 0.5);
  gl_Position = drawn ? vec4((vec2(x, y) - centre) * scale, 0.0, 1.0) : vec4(2.0, 2.0, 2.0, 1.0);
  gl_PointSize = size + 1.0; // half a pixel on each side for a smooth edge
}`;

const FRAGMENT = `#version 300 es
precision highp float;
in vec4 colour;
flat in float symbol;
uniform float size;
out vec4 drawn;
void main() {
  vec2 place = (gl_PointCoord - 0.5) * (size + 1.0);
  // distance from the centre, by the symbol's shape
  float far = symbol == 1.0 ? (abs(place.x) + abs(place.y)) * 0.8 : length(place);
  // share of the pixel that the symbol covers; an open circle is a ring
  float cover = clamp(size / 2.0 - far + 0.5, 0.0, 1.0);
  if (symbol == 2.0) cover *= clamp(far - size / 2.0 + 1.5, 0.0, 1.0);
  drawn = vec4(colour.rgb, 1.0) * colour.a * cover;
}`;

export class Layer {
  constructor() {
    this.canvas = document.createElement("canvas");
    this.canvas.className = "aex-points";
    this.canvas.layer = this;
    this.gl = this.canvas.getContext("webgl2", { antialias: false, premultipliedAlpha: true });
    if (!this.gl) throw new Error("this browser draws no WebGL: switch its graphics acceleration on");
    this.canvas.addEventListener("webglcontextlost", (event) => event.preventDefault());
    this.canvas.addEventListener("webglcontextrestored", () => this.restore());
    this.start();
  }

  start() {
    const { gl } = this;
    this.program = programOf(gl);
    gl.useProgram(this.program);
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    gl.clearColor(0, 0, 0, 0);
    this.buffers = {};
    this.texture = gl.createTexture();
    gl.bindTexture(gl.TEXTURE_2D, this.texture);
    for (const name of [gl.TEXTURE_MIN_FILTER, gl.TEXTURE_MAG_FILTER]) gl.texParameteri(gl.TEXTURE_2D, name, gl.NEAREST);
  }

  restore() {
    this.start();
    const { cloud, chosen } = this;
    this.cloud = null;
    this.show(cloud);
    this.choose(chosen);
    this.draw(this.frame);
  }

  /* Sets the points to draw; unchanged buffers are not sent to the GPU again. */
  show(cloud) {
    const before = this.cloud;
    this.cloud = cloud;
    if (before?.x !== cloud.x) {
      this.fill("x", cloud.x);
      this.fill("y", cloud.y);
    }
    if (before?.codes !== cloud.codes) this.fill("code", cloud.codes);
    if (before?.ids !== cloud.ids) this.choose(null);
    this.colour();
  }

  /* Writes the looks to a texture: row 0 colours (transparent where the legend hides the trace), row 1 symbols. */
  colour() {
    const { gl } = this;
    const texels = new Uint8Array(2 * LOOKS * 4);
    this.cloud.looks.forEach(({ trace, color, symbol }, code) => {
      texels.set([...rgbOf(color), this.cloud.hidden.has(trace) ? 0 : 255], 4 * code);
      texels[4 * (LOOKS + code)] = SYMBOLS[symbol] ?? 0;
    });
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, LOOKS, 2, 0, gl.RGBA, gl.UNSIGNED_BYTE, texels);
  }

  /* Sets which points are chosen: those of `ids`; null chooses all, so that none fades. */
  choose(ids) {
    const marks = new Uint8Array(this.cloud.ids.length).fill(ids ? 0 : 1);
    if (ids) this.cloud.ids.forEach((id, point) => { if (ids.has(id)) marks[point] = 1; });
    this.chosen = ids;
    this.fill("chosen", marks);
    this.marks = marks;
  }

  /* Draws into `frame`: { left, top, width, height } in CSS pixels, x and y ranges, opacity of what is not chosen. */
  draw(frame) {
    this.frame = frame;
    const { gl, canvas, program, cloud } = this;
    // size: the canvas covers the axes, in device pixels
    const sharp = window.devicePixelRatio || 1;
    const [width, height] = [Math.max(1, Math.round(frame.width * sharp)), Math.max(1, Math.round(frame.height * sharp))];
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
    Object.assign(canvas.style, { left: `${frame.left}px`, top: `${frame.top}px`, width: `${frame.width}px`, height: `${frame.height}px` });
    gl.viewport(0, 0, width, height);
    gl.clear(gl.COLOR_BUFFER_BIT);
    // uniforms: axes' units → clip space, size and opacity of the points
    const at = (name) => gl.getUniformLocation(program, name);
    const [[left, right], [bottom, top]] = [frame.x, frame.y];
    gl.uniform2f(at("centre"), (left + right) / 2, (bottom + top) / 2);
    gl.uniform2f(at("scale"), 2 / (right - left), 2 / (top - bottom));
    gl.uniform1f(at("size"), cloud.size * frame.grown * sharp);
    gl.uniform2f(at("opacity"), cloud.opacity, frame.faded);
    // passes: first the others, then the chosen points on top of them
    for (const turn of this.chosen ? [0, 1] : [1]) {
      gl.uniform1f(at("turn"), turn);
      gl.drawArrays(gl.POINTS, 0, cloud.ids.length);
    }
  }

  /* Sends the values of one attribute, one number for each point. */
  fill(name, values) {
    const { gl, program } = this;
    this.buffers[name] ??= gl.createBuffer();
    gl.bindBuffer(gl.ARRAY_BUFFER, this.buffers[name]);
    gl.bufferData(gl.ARRAY_BUFFER, values, gl.STATIC_DRAW);
    const place = gl.getAttribLocation(program, name);
    gl.enableVertexAttribArray(place);
    gl.vertexAttribPointer(place, 1, values instanceof Float32Array ? gl.FLOAT : gl.UNSIGNED_BYTE, false, 0, 0);
  }

  destroy() {
    this.canvas.remove();
    this.gl.getExtension("WEBGL_lose_context")?.loseContext();
  }
}

function programOf(gl) {
  const program = gl.createProgram();
  for (const [kind, source] of [[gl.VERTEX_SHADER, VERTEX], [gl.FRAGMENT_SHADER, FRAGMENT]]) {
    const shader = gl.createShader(kind);
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
  }
  gl.linkProgram(program);
  if (!gl.getProgramParameter(program, gl.LINK_STATUS)) throw new Error(gl.getProgramInfoLog(program) ?? "the shaders do not link");
  return program;
}

const pen = document.createElement("canvas").getContext("2d", { willReadFrequently: true });

function rgbOf(color) {
  pen.fillStyle = color; // reads back as #rrggbb
  return [1, 3, 5].map((at) => parseInt(pen.fillStyle.slice(at, at + 2), 16));
}

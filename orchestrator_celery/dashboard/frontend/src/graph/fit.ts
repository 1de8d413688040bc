/** How a drawing is shown first: as a whole where people can still read it, else its beginning. Pure functions. */

export interface Size {
  width: number;
  height: number;
}

export interface View {
  x: number;
  y: number;
  zoom: number;
}

/** Pixels around the drawing; the buttons stand in the space above it. */
const SIDE = 20;
const TOP = 42;
const BOTTOM = 20;
/** Names of nodes stay readable down to this scale. */
const READABLE = 0.6;
/** Above this number of boxes the whole matters more than the names. */
const MANY = 60;

/** The scale at which a drawing is shown first. */
function zoomOf(drawing: Size, boxes: number, window: Size): number {
  const whole = Math.min(1, (window.width - 2 * SIDE) / drawing.width, (window.height - TOP - BOTTOM) / drawing.height);
  return boxes > MANY ? whole : Math.max(whole, READABLE);
}

/** The height that the drawing needs in a window of this width, in pixels. */
export function heightOf(drawing: Size, boxes: number, width: number): number {
  const zoom = zoomOf(drawing, boxes, { width, height: Infinity });
  return Math.max(190, Math.ceil(drawing.height * zoom) + TOP + BOTTOM);
}

/** Where the drawing stands in its window: in the middle, or from its beginning on if it is larger than the window. */
export function fitted(drawing: Size, boxes: number, window: Size): View {
  const zoom = zoomOf(drawing, boxes, window);
  const x = Math.max(SIDE, (window.width - drawing.width * zoom) / 2);
  const y = Math.max(TOP, TOP + (window.height - TOP - BOTTOM - drawing.height * zoom) / 2);
  return { x, y, zoom };
}

import { describe, expect, it } from "vitest";
import { fitted, heightOf } from "./fit";

const window = { width: 1000, height: 500 };

describe("the first view of a graph", () => {
  it("is in the middle, and never larger than life", () => {
    const view = fitted({ width: 200, height: 100 }, 3, window);
    expect(view.zoom).toBe(1);
    expect(view.x).toBe(400);
  });

  it("shrinks to show the whole while names stay readable", () => {
    const { x, zoom } = fitted({ width: 1200, height: 100 }, 8, window);
    expect(zoom).toBeCloseTo(0.8);
    expect(x).toBe(20);
  });

  it("starts at the beginning where the whole would not be readable", () => {
    expect(fitted({ width: 5000, height: 4000 }, 20, window)).toEqual({ x: 20, y: 42, zoom: 0.6 });
  });

  it("shows the whole of a large graph", () => {
    const { zoom } = fitted({ width: 5000, height: 4000 }, 600, window);
    expect(zoom * 5000).toBeLessThanOrEqual(1000);
    expect(zoom * 4000).toBeLessThanOrEqual(500);
  });

  it("takes the height that it needs", () => {
    expect(heightOf({ width: 400, height: 300 }, 5, 1000)).toBe(362);
    expect(heightOf({ width: 400, height: 20 }, 5, 1000)).toBe(190);
    expect(heightOf({ width: 1200, height: 300 }, 5, 1000)).toBe(302);
  });
});

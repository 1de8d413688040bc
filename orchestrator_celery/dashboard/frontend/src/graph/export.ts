/** A graph as a picture, drawn from its layout in the colours of the theme: the same in every browser, and complete. */
import { statusLook } from "@/parts/status";
import { roundPath, type Layout } from "./layout";
import { strokeOf } from "./line";
import type { Drawing } from "./model";

interface Rect {
  x: number;
  y: number;
  width: number;
  height: number;
}

const escape = (text: string): string => text.replace(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`);

/** Replaces `var(--name)` by its value: a picture has no theme. */
function plain(color: string): string {
  return color.replace(/var\((--[\w-]+)\)/g, (_, name: string) => getComputedStyle(document.documentElement).getPropertyValue(name).trim() || "#888");
}

function cut(text: string, width: number): string {
  const most = Math.max(4, Math.floor(width / 6.6));
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}

export function toSvg(drawing: Drawing, layout: Layout, places: ReadonlyMap<string, Rect>, name: string): string {
  const pad = 24;
  const width = Math.ceil(layout.width + pad * 2);
  const height = Math.ceil(layout.height + pad * 2);
  const boxes = drawing.boxes.map((box) => {
    const place = places.get(box.id);
    if (!place) return "";
    const color = plain(statusLook(box.state).color);
    const text = `<text x="${place.x + 12}" y="${place.y + 22}" fill="${plain("var(--text)")}" font-weight="560">${escape(cut(box.name, place.width - 20))}</text>`;
    const word = box.open || !box.view ? "" : `<text x="${place.x + 12}" y="${place.y + 40}" fill="${color}" font-size="11">${escape(statusLook(box.state).word)}${box.visits > 1 ? ` ×${box.visits}` : ""}</text>`;
    const dash = box.state === "SKIPPED" ? ' stroke-dasharray="4 4"' : "";
    return `<g><rect x="${place.x}" y="${place.y}" width="${place.width}" height="${place.height}" rx="7" fill="${plain(box.open ? "var(--bg)" : "var(--surface)")}" stroke="${plain("var(--line-strong)")}"${dash}/><rect x="${place.x}" y="${place.y}" width="3" height="${place.height}" rx="1.5" fill="${color}"/>${text}${word}</g>`;
  });
  const lines = drawing.lines.map((line) => {
    const route = layout.routes.get(line.id);
    if (!route) return "";
    const { color, width: stroke, dash } = strokeOf(line.kind, line.way);
    const label = line.label && route.label ? `<text x="${route.label.x + 4}" y="${route.label.y + 12}" font-size="10.5" fill="${plain("var(--muted)")}">${escape(cut(line.label, 190))}</text>` : "";
    return `<path d="${roundPath(route.points)}" fill="none" stroke="${plain(color)}" stroke-width="${stroke}"${dash ? ` stroke-dasharray="${dash}"` : ""}/>${label}`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="Inter, system-ui, sans-serif" font-size="13"><title>${escape(name)}</title><rect width="100%" height="100%" fill="${plain("var(--bg)")}"/><g transform="translate(${pad} ${pad})">${boxes.join("")}${lines.join("")}</g></svg>`;
}

/** Twice the size, but never beyond what a browser can draw. */
export async function toPng(svg: string): Promise<Blob> {
  const url = URL.createObjectURL(new Blob([svg], { type: "image/svg+xml" }));
  try {
    const image = new Image();
    image.src = url;
    await image.decode();
    const scale = Math.min(2, 12_000 / Math.max(image.width, image.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.ceil(image.width * scale);
    canvas.height = Math.ceil(image.height * scale);
    canvas.getContext("2d")?.drawImage(image, 0, 0, canvas.width, canvas.height);
    return await new Promise((resolve, reject) => canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("The picture is too large for this browser: export it as SVG."))), "image/png"));
  } finally {
    URL.revokeObjectURL(url);
  }
}

export function download(name: string, blob: Blob): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name.replace(/[^\p{L}\p{N} ._-]+/gu, "_").slice(0, 120);
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

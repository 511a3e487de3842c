import type { Driver } from "./driver.js";

/** Whether nobody looks at the page; undefined where there is none. */
export const hidden = (): boolean | undefined => globalThis.document?.hidden;

/** Hands on what a page is told of its network and of its own sleep, until signal aborts (PROTOCOL 13.5, 13.7). */
export function listen(drivers: () => readonly Driver[], signal: AbortSignal): void {
  // A page that is shown for the first time tells nothing.
  const told = ({ type, persisted }: Event & { persisted?: boolean }): void => {
    if (/freeze|hide/.test(type)) {
      drivers().forEach((driver) => driver.rest());
    } else if (type !== "pageshow" || persisted) {
      drivers().forEach((driver) => driver.wake(!!persisted || /online|resume/.test(type)));
    }
  };
  // Those of the document are caught on their way down, since not all of them bubble.
  const options = { capture: true, signal };
  for (const type of ["online", "offline", "pageshow", "pagehide", "visibilitychange", "freeze", "resume"]) {
    globalThis.addEventListener?.(type, told, options);
  }
  // A change of what the browser has measured need not be another network.
  (globalThis.navigator as { connection?: EventTarget } | undefined)?.connection?.addEventListener?.("change", told, options);
}

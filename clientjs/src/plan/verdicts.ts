import { type Lane, POLLS, shunned } from "../kind.js";
import { blames, fails, isBad } from "../memory.js";
import type { Action } from "./action.js";
import { State } from "./state.js";
import { CLIMB_LAST, CLIMBS, DEMOTION, MAX_BARREN, YOUTH } from "./times.js";

/** Verdicts on kinds: which has come to nothing through its own fault, and is left alone for it. */
export abstract class Verdicts extends State {
  /** It is remembered as one that does not work here. */
  protected bad(now: number, { kind }: Lane): boolean {
    return !this.forced && !this.doubtful && isBad(this.memory, now, kind);
  }

  protected climbTime(now: number, l: Lane): number {
    return now + (CLIMBS[l.climbs++] ?? CLIMB_LAST);
  }

  /**
   * Notes that a kind came to nothing although another one works. One that worked in this network before is given
   * another chance soon: the server may just have come back.
   */
  protected blame(now: number, l: Lane, out: Action[]): void {
    const { kind } = l;
    l.failed = false;
    if (this.forced) {
      l.climbs++; // aim tries it again
    } else if (l.again) {
      l.next = now;
    } else if (l.proven) {
      l.proven = false;
      l.next = this.soon(now);
    } else {
      l.next = this.climbTime(now, l);
      blames(this.memory, now, kind);
      out.push({ act: "blame", kind });
    }
  }

  /**
   * Judges the end of the current attachment. One that was young may have been killed by something that does not like
   * its kind; that counts only if another kind then lives. Where nothing comes through on one after the other, that
   * excuses nobody: polls are reached.
   */
  protected fell(now: number, out: Action[]): void {
    const l = this.carrier!;
    if (this.forced) {
      return;
    }
    if (now >= this.readyAt + YOUTH) {
      l.deaths = 0;
      l.demoted = false;
    } else if (this.provenAt && (this.barren <= MAX_BARREN || l.kind === POLLS)) {
      this.absolve(out); // it was to show that it lives
    } else if (l.kind !== POLLS) {
      if (l.demoted) {
        this.demote(now, l, out);
      } else {
        l.deaths++;
        if (shunned(l)) {
          out.push({ act: "avoid", kind: l.kind });
        }
      }
    }
  }

  /** Says that it was nobody's fault. */
  protected absolve(out: Action[]): void {
    for (const l of this.allLanes) {
      if (shunned(l)) {
        out.push({ act: "absolve", kind: l.kind });
      }
      l.deaths = 0;
      l.failed = false;
    }
  }

  /** Leaves a kind alone for a while. If it dies young after that, it does not get two more chances. */
  protected demote(now: number, l: Lane, out: Action[]): void {
    const { kind } = l;
    l.deaths = 0;
    l.demoted = true;
    l.next = fails(this.memory, now, kind, DEMOTION);
    out.push({ act: "demote", kind });
  }
}

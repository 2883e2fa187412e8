/**
 * What a module knows of its organisation. `Module` is the type of module that lookups lead to.
 */
import type {SandboxClock} from './clock.ts';
import type {PointInTime} from './point-in-time.ts';
import type {Switches} from './switches.ts';
import type {WriteTime} from './zone.ts';

export interface OrgContext<Module> {
  readonly clock: SandboxClock;
  readonly switches: Switches;
  readonly writeTime: WriteTime;
  readonly users: readonly User[];
  nextSeq(): number;
  /** Called for every event with the time from which it is visible. */
  happens(visibleMs: number): void;
  /** The present moment. */
  now(): PointInTime;
  module(name: string): Module | undefined;
}

export interface User {
  readonly id: string;
  readonly firstName: string;
  readonly lastName: string;
}

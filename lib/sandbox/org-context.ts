/** What a module knows of the organisation that it is part of. `Module` is the kind of module that lookups lead to. */
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
  /** The moment that is now. */
  now(): PointInTime;
  module(name: string): Module | undefined;
}

export interface User {
  readonly id: string;
  readonly firstName: string;
  readonly lastName: string;
}

/** What a module knows of the organisation that it is part of. */
import type {SandboxClock} from './clock.ts';
import type {OrgModule} from './module.ts';
import type {PointInTime} from './moment.ts';
import type {Switches} from './switches.ts';
import type {WriteTime} from './zone.ts';

export interface OrgContext {
  readonly clock: SandboxClock;
  readonly switches: Switches;
  readonly writeTime: WriteTime;
  readonly users: readonly User[];
  nextSeq(): number;
  /** Told of everything that happens: from when it is visible. */
  happens(visibleMs: number): void;
  /** The moment that is now. */
  now(): PointInTime;
  module(name: string): OrgModule | undefined;
}

export interface User {
  readonly id: string;
  readonly firstName: string;
  readonly lastName: string;
}

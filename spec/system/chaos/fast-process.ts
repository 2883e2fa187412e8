/**
 * Loaded before the connector's program: its time runs fast, so that no chaos run waits for real
 * minutes. The program itself is the real one.
 */
import {systemClock} from '../../../lib/platform/clock.ts';
import {usualTimeouts} from '../../../lib/zoho/http.ts';
import {fastClock} from '../faults/fast-clock.ts';
import {chaosSpeed} from './speed.ts';

Object.assign(systemClock, fastClock(chaosSpeed));
Object.assign(usualTimeouts, {connectMs: 1_000, headersMs: 400, idleMs: 400});

import {catches} from './catches.ts';
import {controls} from './controls.ts';

catches('model check, its controls', controls);

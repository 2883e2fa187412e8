import {catches} from './catches.ts';
import {refreshControls} from './refresh-controls.ts';

catches('model check, controls of refreshes', refreshControls);

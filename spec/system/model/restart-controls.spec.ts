import {catches} from './catches.ts';
import {restartControls} from './restart-controls.ts';

catches('model check, controls of restarts', restartControls);

import {catches} from './catches.ts';
import {oddityControls} from './oddity-controls.ts';

catches('model check, controls of odd answers', oddityControls);

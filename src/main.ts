import 'reflect-metadata';
import { runProcess } from './app/process.js';

await runProcess();

import t from 'tap';
import { LevelStore } from '../../../recorder/store/leveldb.ts';
import { contract } from './contract.ts';

contract(t, LevelStore.open);

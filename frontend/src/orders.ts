// Pages of orders and plans: receipts come up to date by themselves, chosen recipients are counted.
import { startChosen } from "./orders/chosen";
import { startHere } from "./orders/here";
import { startReceipts } from "./orders/receipts";

startReceipts();
startChosen();
startHere();

#!/bin/bash
mysql -h db02.shop.internal -e "CALL close_month(CURRENT_DATE)" shop

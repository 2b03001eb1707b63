#!/bin/sh
# Stands for whatever starts more than itself: two services, and waits for them.
sleep 1000 &
sleep 1000 &
echo services are up
wait

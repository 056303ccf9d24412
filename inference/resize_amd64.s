#include "textflag.h"

// func fourRowsAVX2(to, lines *float32, kernel *weights, n int)
//
// lines are four rows, their pixels side by side; so is what it makes. Each
// product is rounded and added in its order, as convolve does.
TEXT ·fourRowsAVX2(SB), NOSPLIT, $0-32
	MOVQ to+0(FP), DI
	MOVQ lines+8(FP), SI
	MOVQ kernel+16(FP), BX
	MOVQ n+24(FP), CX

pixel:
	MOVQ 0(BX), AX
	SHLQ $4, AX
	ADDQ SI, AX
	MOVQ 8(BX), DX
	MOVQ 16(BX), R8
	VXORPD Y0, Y0, Y0
	TESTQ R8, R8
	JZ done

tap:
	VCVTPS2PD (AX), Y1
	VBROADCASTSD (DX), Y2
	VMULPD Y2, Y1, Y1
	VADDPD Y1, Y0, Y0
	ADDQ $16, AX
	ADDQ $8, DX
	DECQ R8
	JNZ tap

done:
	VCVTPD2PSY Y0, X0
	VMOVUPS X0, (DI)
	ADDQ $16, DI
	ADDQ $32, BX
	DECQ CX
	JNZ pixel
	VZEROUPPER
	RET

// func sumRowsAVX2(to, from *float32, n, stride int, w *float64, taps int)
//
// n, a multiple of four, pixels of a row are made of taps rows, stride bytes
// apart.
TEXT ·sumRowsAVX2(SB), NOSPLIT, $0-48
	MOVQ to+0(FP), DI
	MOVQ from+8(FP), SI
	MOVQ n+16(FP), CX
	MOVQ stride+24(FP), R9

column:
	MOVQ SI, AX
	MOVQ w+32(FP), DX
	MOVQ taps+40(FP), R8
	VXORPD Y0, Y0, Y0

row:
	VCVTPS2PD (AX), Y1
	VBROADCASTSD (DX), Y2
	VMULPD Y2, Y1, Y1
	VADDPD Y1, Y0, Y0
	ADDQ R9, AX
	ADDQ $8, DX
	DECQ R8
	JNZ row
	VCVTPD2PSY Y0, X0
	VMOVUPS X0, (DI)
	ADDQ $16, DI
	ADDQ $16, SI
	SUBQ $4, CX
	JG column
	VZEROUPPER
	RET

// func extentAVX2(from unsafe.Pointer, n int, flip uint16, low, high *[16]uint16)
//
// low and high take the smallest and the largest of n, a multiple of sixteen,
// 16-bit values, in sixteen columns, after flip has been exclusive-ored in.
TEXT ·extentAVX2(SB), NOSPLIT, $0-40
	MOVQ from+0(FP), SI
	MOVQ n+8(FP), CX
	VPBROADCASTW flip+16(FP), Y3
	MOVQ low+24(FP), DI
	MOVQ high+32(FP), DX
	VMOVDQU (DI), Y1
	VMOVDQU (DX), Y2

sixteen:
	VPXOR (SI), Y3, Y0
	VPMINUW Y0, Y1, Y1
	VPMAXUW Y0, Y2, Y2
	ADDQ $32, SI
	SUBQ $16, CX
	JG sixteen
	VMOVDQU Y1, (DI)
	VMOVDQU Y2, (DX)
	VZEROUPPER
	RET
